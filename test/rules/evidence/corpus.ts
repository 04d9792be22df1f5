import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Evidence } from '../../../src/rules/evidence/evidence'

export interface LabelledHop {
  /** Counts Received fields only. */
  readonly index: number
  readonly kind: 'smtp' | 'frontend' | 'mailbox' | 'mapi' | 'http' | 'smtpsvc' | 'other'
  readonly id: string | null
  readonly by: string
  readonly cloud: boolean
  readonly proto?: string
}

export interface Block {
  readonly id: string
  readonly category: 'exchange-onprem' | 'exchange-online-only' | 'smtpsvc-only' | 'other-mta'
  readonly headers: readonly string[]
  readonly exchange_hops: readonly LabelledHop[]
  readonly topmost_exchange_onprem: {
    readonly build: string | null
    readonly raw_id: string | null
    readonly by: string
    readonly index: number
  } | null
}

/** Compiled tests run from build/test/…; the fixtures stay where they are. */
const file = resolve(__dirname, '../../../../test/fixtures/corpus/dev.jsonl')

export const blocks: readonly Block[] = readFileSync(file, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line): Block => JSON.parse(line))

/** Indexes into the headers of the block's Received fields. */
export function receivedOf(block: Block): number[] {
  return block.headers.flatMap((field, index) => (/^received[ \t]*:/i.test(field) ? [index] : []))
}

function numbers(id: string): number[] {
  return id.split('.').map(Number)
}

/** Hotmail's web front ends: the archive's anonymous name no longer tells whose they were. */
export function isAnonymousFrontEnd(hop: LabelledHop): boolean {
  return hop.cloud && hop.kind === 'http' && hop.by.endsWith('.example')
}

function transportOf(hop: LabelledHop): string {
  if (hop.kind === 'mapi' || hop.kind === 'http') return hop.kind
  return hop.kind === 'other' && hop.proto !== 'ShadowRedundancy' ? 'internet-mail' : 'smtp'
}

/** The facts of a piece of evidence in a form that can be compared with the labels. */
export interface Facts {
  readonly kind: 'exchange' | 'exchange-online' | 'neither'
  readonly server?: string
  readonly build?: string | null
  readonly rawId?: string | null
  readonly transport?: string
}

export function factsOf(evidence: Evidence): Facts {
  if (evidence.kind === 'not-exchange' || evidence.kind === 'none') return { kind: 'neither' }
  const { server, build } = evidence
  const dotted = build && [build.major, build.minor, build.build, build.revision].join('.')
  if (evidence.kind === 'exchange-online') return { kind: evidence.kind, server: server ?? '', build: dotted }
  return {
    kind: evidence.kind,
    server: evidence.server,
    build: dotted,
    rawId: evidence.rawId,
    transport: evidence.transport,
  }
}

/** What the labels say of the Received field at `index`, with E3 worked out from the labels of the fields below it. */
export function labelled(block: Block, index: number): Facts {
  const at = (wanted: number) => block.exchange_hops.find((hop) => hop.index === wanted)
  const hop = at(index)
  if (!hop || isAnonymousFrontEnd(hop)) return { kind: 'neither' }
  const server = hop.by.toLowerCase()
  // E5: a SMTPSVC version is none of Exchange, wherever it stands.
  const id = hop.kind === 'smtpsvc' ? null : hop.id
  if (hop.cloud) return { kind: 'exchange-online', server, build: id && numbers(id).join('.') }
  if (hop.kind === 'smtpsvc') return { kind: 'neither' }
  if (id === null) return { kind: 'exchange', server, build: null, rawId: null, transport: transportOf(hop) }
  const branch = numbers(id).slice(0, 3).join('.')
  let best = hop
  let bestId = id
  for (let next = at(index + 1); next; next = at(next.index + 1)) {
    if (next.by.toLowerCase() !== server || next.kind === 'smtpsvc' || next.cloud || next.id === null) break
    if (numbers(next.id).slice(0, 3).join('.') !== branch) break
    if ((numbers(next.id)[3] ?? 0) > (numbers(bestId)[3] ?? 0)) {
      best = next
      bestId = next.id
    }
  }
  const build = numbers(bestId).join('.')
  return { kind: 'exchange', server, build, rawId: bestId, transport: transportOf(best) }
}
