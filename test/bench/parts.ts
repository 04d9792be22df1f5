import { parseAddress } from '../../src/config/address'
import { loadCatalogue, packagedCataloguePath } from '../../src/config/catalogue-file'
import { attribute, indexConnectors } from '../../src/rules/attribution/attribute'
import type { ConnectorIndex } from '../../src/rules/attribution/attribute'
import type { Address } from '../../src/rules/attribution/address'
import type { Connector } from '../../src/rules/attribution/connector'
import { decide } from '../../src/rules/decision/decide'
import { windowOffsetMs } from '../../src/rules/decision/window'
import { readEvidence } from '../../src/rules/evidence/reading'
import { judgeEvidence } from '../../src/rules/verdict/judge'
import { dayMs } from '../../src/rules/time'
import { MemoryStore } from '../../src/store/memory'
import { settingsOf } from '../config/support'
import { blocks, receivedOf } from '../rules/evidence/corpus'
import { connector } from '../support/connectors'
import type { Figure, Limit, Spread } from './figure'
import { InProcess, messageOf } from './in-process'
import { limits } from './limits'
import { compliantBuild, connectorsIni, knownSender, outdatedBuild } from './mail'
import { rememberSenders } from './memory-of'
import type { BenchOptions } from './options'
import { timeParts } from './timing'
import type { Part } from './timing'

const group = 'Parts'
const rangesCounts = [10, 10_000, 100_000] as const

/** So that nothing that is measured is thrown away as unused. */
let kept: unknown

async function times(count: number, work: () => unknown): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) {
    const result = work()
    kept = result instanceof Promise ? await result : result
  }
}

function repeat(name: string, count: number, work: (turn: number) => unknown): Part {
  return {
    name,
    times: count,
    run: () => {
      for (let turn = 0; turn < count; turn += 1) kept = work(turn)
    },
  }
}

function address(text: string): Address {
  const parsed = parseAddress(text)
  if (!parsed) throw new Error(`${text} is no address`)
  return parsed
}

/** `count` ranges /28, ten of them with each connector. */
function indexOf(count: number): ConnectorIndex {
  const perConnector = 10
  const connectors: Connector[] = []
  for (let first = 0; first < count; first += perConnector) {
    const addresses = Array.from({ length: perConnector }, (_, index) => rangeText(first + index))
    connectors.push(connector(`c${String(first)}`, { addresses }))
  }
  return indexConnectors(connectors)
}

function rangeText(number: number): string {
  const value = number * 16
  return `11.${String((value >>> 16) & 255)}.${String((value >>> 8) & 255)}.${String(value & 240)}/28`
}

/** Many addresses in turn, so that the processor's cache holds no more of a big table than it would in life. */
function attributionParts(): Part[] {
  const strange = Array.from({ length: 256 }, (_, index) => address(`8.${String(index)}.7.9`))
  return rangesCounts.flatMap((count) => {
    const index = indexOf(count)
    const known = Array.from({ length: 256 }, (_, turn) =>
      address(rangeText(Math.floor((turn / 256) * count)).replace('/28', '')),
    )
    const look = (addresses: readonly Address[], turn: number): unknown =>
      attribute(
        {
          address: addresses[turn & 255] ?? address('8.8.8.8'),
          certificate: null,
          senderDomain: 'contoso.com',
        },
        index,
      )
    return [
      repeat(`attribution, ${String(count)} ranges, known`, 1024, (turn) => look(known, turn)),
      repeat(`attribution, ${String(count)} ranges, stranger`, 1024, (turn) => look(strange, turn)),
    ]
  })
}

function evidenceParts(): Part[] {
  const long = blocks.filter((block) => receivedOf(block).length >= 12)
  if (long.length === 0) throw new Error('the corpus holds no block of 12 hops')
  const longBlocks = long.map(({ headers }) => headers.slice(0, headers.length))
  const all = blocks.map(({ headers }) => headers)
  const options = { trustedRelays: [], lookBehindRelays: false }
  const read = (of: readonly (readonly string[])[], turn: number, how = options): unknown =>
    readEvidence(of[turn % of.length] ?? [], how)
  return [
    repeat(`evidence, blocks of 12 and more hops (${String(long.length)})`, longBlocks.length * 4, (turn) =>
      read(longBlocks, turn),
    ),
    repeat('evidence, the same, looking behind relays', longBlocks.length * 4, (turn) =>
      read(longBlocks, turn, { trustedRelays: [], lookBehindRelays: true }),
    ),
    repeat('evidence, whole corpus', all.length, (turn) => read(all, turn)),
  ]
}

function verdictParts(): Part[] {
  const catalogue = loadCatalogue(packagedCataloguePath())
  const { policy } = settingsOf({})
  const day = new Date().toISOString().slice(0, 10)
  return [
    ['compliant', compliantBuild],
    ['outdated', outdatedBuild],
  ].map(([name, build]) => {
    const evidence = readEvidence(messageOf('ex01.contoso.com', build ?? '').fields, {
      trustedRelays: [],
      lookBehindRelays: false,
    }).connecting
    const found = judgeEvidence(evidence, day, false, policy, catalogue).status
    if (found !== name) throw new Error(`${build ?? ''} is ${found}, not ${name ?? ''}: choose another build`)
    return repeat(`verdict, ${name} build`, 200, () => judgeEvidence(evidence, day, false, policy, catalogue))
  })
}

function decisionPart(): Part {
  const { schedule } = settingsOf({})
  const now = Date.now()
  const startedAt = now - 65 * dayMs
  const clock = { state: 'running', startedAt, detectedAt: startedAt, carriedMs: 0, reachedMs: 0 } as const
  return repeat('decide alone, a server whose clock runs', 1000, () =>
    decide({
      at: now,
      clock,
      pauses: [],
      exemption: null,
      schedule,
      offsetMs: windowOffsetMs('contoso', 'ex01.contoso.com', true),
      mode: 'enforce',
    }),
  )
}

/** The whole sequence of recall, decide, remember in steady state: everything is in the cache, nothing is written. */
async function hookParts(): Promise<{ parts: Part[]; close: () => Promise<void> }> {
  const main = '[main]\nmode=enforce\n[enforcement]\nrecheck_minutes=1440\n[store]\ncache_ttl_seconds=3600\n'
  const settings = settingsOf({ main, connectors: connectorsIni })
  const store = new MemoryStore()
  await rememberSenders(store)
  const running = await InProcess.open(settings, store)
  const hooks = (kind: 'compliant' | 'outdated'): Part[] => {
    const sender = knownSender(kind, 1)
    const { session, attributed } = running.sessionOf(sender)
    const message = messageOf(sender.server, sender.build)
    const { enforcement } = running
    return [
      {
        name: `decision from cache at MAIL, ${kind} server`,
        times: 200,
        run: () => times(200, () => enforcement.beforeData(session, attributed, 'mail')),
      },
      {
        name: `whole work at DATA, ${kind} server`,
        times: 50,
        run: () => times(50, () => enforcement.atData(session, attributed, message)),
      },
    ]
  }
  return { parts: [...hooks('compliant'), ...hooks('outdated')], close: () => running.close() }
}

function limitOf(name: string): Limit | null {
  if (name.startsWith('decision from cache')) return limits.decisionUs
  return name.startsWith('evidence, blocks of 12') ? limits.evidenceUs : null
}

function growthOfAttribution(timed: ReadonlyMap<string, Spread>, who: string): Figure[] {
  const [first, ...others] = rangesCounts.map((count) =>
    timed.get(`attribution, ${String(count)} ranges, ${who}`),
  )
  return others.flatMap((spread, index): Figure[] => {
    if (!first || !spread) return []
    const ratio = (value: number): number => value / first.median
    return [
      {
        group,
        name: `attribution, ${String(rangesCounts[index + 1])} ranges by 10, ${who}`,
        value: { ...spread, median: ratio(spread.median), low: ratio(spread.low), high: ratio(spread.high) },
        unit: '',
        limit: limits.attribution,
        note: '',
      },
    ]
  })
}

export async function benchParts({ quick }: BenchOptions, log: (text: string) => void): Promise<Figure[]> {
  const hooks = await hookParts()
  const parts = [...hooks.parts, decisionPart(), ...evidenceParts(), ...verdictParts(), ...attributionParts()]
  log(`parts: ${String(parts.length)} of them, in turn`)
  const timed = await timeParts(parts, quick ? 3 : 9, quick ? 60 : 250)
  await hooks.close()
  const figures = [...timed].map(([name, value]): Figure => ({
    group,
    name,
    value,
    unit: 'µs',
    limit: limitOf(name),
    note: '',
  }))
  return [...figures, ...growthOfAttribution(timed, 'known'), ...growthOfAttribution(timed, 'stranger')]
}

/** For nobody but the optimiser, which must believe that results are used. */
export function lastResult(): unknown {
  return kept
}
