import { domainMatches } from '../attribution/domain'
import { compareBuilds, sameBranch } from '../verdict/build'
import type { Evidence, EvidenceOptions, HeaderEvidence } from './evidence'
import { mayBeExchange, readHop, type Hop } from './hop'
import type { KnownHops } from './known-hops'
import { maxFieldLength, parseReceived, valueOf } from './received'

/** Received fields looked at; mail servers refuse loops of that length (E7). */
const maxReceived = 100

/**
 * What a header block says of the server that connected (E1–E5, E7). `fields` are raw fields of any name, topmost
 * first, without those that the caller's own mail server added. `known`, where many blocks are read, spares the work for what
 * is alike in them; it changes no answer. Never throws.
 */
export function readEvidence(
  fields: readonly string[],
  options: EvidenceOptions,
  known: KnownHops | null = null,
): HeaderEvidence {
  const received: number[] = []
  let mimeOle: string | null = null
  for (let index = 0; index < fields.length; index += 1) {
    const field = fields[index] ?? ''
    if (received.length < maxReceived && valueOf(field, 'received') >= 0) received.push(index)
    else mimeOle ??= readMimeOle(field)
  }
  const chain = new Chain(fields, received, known)
  const top = options.trustedRelays.length > 0 ? belowRelays(chain, options.trustedRelays) : 0
  const connecting = chain.evidence(top)
  const other = connecting.kind === 'not-exchange' || connecting.kind === 'none'
  return {
    connecting,
    behind: options.lookBehindRelays && other ? chain.firstExchange(top + 1) : null,
    mimeOle,
  }
}

type ChainHop = Hop | { readonly kind: 'absent' } | { readonly kind: 'too-long' }

/** The Received fields of a block, each taken apart when first asked for. */
class Chain {
  private readonly hops: (ChainHop | undefined)[] = []

  constructor(
    private readonly fields: readonly string[],
    /** Indexes into `fields`. */
    private readonly received: readonly number[],
    private readonly known: KnownHops | null,
  ) {}

  hop(at: number): ChainHop {
    return (this.hops[at] ??= this.read(at))
  }

  private read(at: number): ChainHop {
    const field = this.field(at)
    if (field === null) return { kind: 'absent' }
    if (field.length > maxFieldLength) return { kind: 'too-long' }
    const known = this.known?.find(field)
    if (known) return known
    const parsed = parseReceived(field)
    if (!parsed) return { kind: 'unreadable', server: null }
    const hop = readHop(parsed)
    this.known?.keep(field, hop)
    return hop
  }

  private field(at: number): string | null {
    const index = this.received[at]
    return index === undefined ? null : (this.fields[index] ?? null)
  }

  evidence(at: number): Evidence {
    const hop = this.hop(at)
    const field = this.received[at]
    if (field === undefined || hop.kind === 'absent')
      return { kind: 'none', reason: 'no-received', field: null }
    if (hop.kind === 'too-long' || hop.kind === 'unreadable') {
      return { kind: 'none', reason: hop.kind, field }
    }
    return { ...(hop.kind === 'exchange' ? this.highest(hop, at) : hop), field }
  }

  /** E3: mapi hops of the same server carry updates that its SMTP hops do not show. */
  private highest(hop: Hop & { kind: 'exchange' }, at: number): Hop & { kind: 'exchange' } {
    if (!hop.build) return hop
    let best = { ...hop, build: hop.build }
    for (let below = at + 1; this.mayBeExchange(below); below++) {
      const next = this.hop(below)
      if (next.kind !== 'exchange' || next.server !== hop.server) break
      if (!next.build || !sameBranch(next.build, hop.build)) break
      if (compareBuilds(next.build, best.build) > 0) best = { ...next, build: next.build }
    }
    return best
  }

  /** E1: the topmost hop from `at` on that Exchange wrote, on-premises or not. */
  firstExchange(at: number): Evidence | null {
    for (let below = at; below < this.received.length; below++) {
      if (!this.mayBeExchange(below)) continue
      const { kind } = this.hop(below)
      if (kind === 'exchange' || kind === 'exchange-online') return this.evidence(below)
    }
    return null
  }

  private mayBeExchange(at: number): boolean {
    const field = this.field(at)
    if (field === null || field.length > maxFieldLength) return false
    // Found once, it is not looked for again by `hop`.
    const hop = (this.hops[at] ??= this.known?.find(field))
    return hop === undefined
      ? mayBeExchange(field)
      : hop.kind === 'exchange' || hop.kind === 'exchange-online'
  }
}

/**
 * E1: the topmost field that no relay of the operator's wrote. A relay may add fields without `by` above its own
 * (`(Haraka outbound)`, `(qmail 123 invoked from network)`): these are skipped with it, and only with it.
 */
function belowRelays(chain: Chain, trustedRelays: readonly string[]): number {
  let top = 0
  for (let at = 0; ; at++) {
    const hop = chain.hop(at)
    if (!('server' in hop)) return top
    const { server } = hop
    if (server === null) continue
    if (!trustedRelays.some((pattern) => domainMatches(pattern, server))) return top
    top = at + 1
  }
}

// The value is short in every mail that is not hostile; nothing is read beyond this.
const maxMimeOleLength = 200
const mimeOleShape = /microsoft\s{1,9}exchange\s{1,9}v(\d{1,2}(?:\.\d{1,5}){1,3})(?![\d.])/i

function readMimeOle(field: string): string | null {
  const start = valueOf(field, 'x-mimeole')
  if (start < 0) return null
  const found = mimeOleShape.exec(field.slice(start, start + maxMimeOleLength))
  return found ? `Microsoft Exchange V${found[1]}` : null
}
