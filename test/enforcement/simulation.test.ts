import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Administer } from '../../src/enforcement/administer'
import { dayMs, hourMs, minuteMs } from '../../src/rules/time'
import { windowOffsetMs } from '../../src/rules/decision/window'
import { cached } from '../../src/store/cached'
import { actionAt, scheduleOfC6, type OracleAction, type OraclePause } from '../support/oracle'
import { newBuild, oldBuild, start, World, type Worker } from './world'

/*
 * Months of random traffic on shared paths, held against the plainest model of C1–C4 and S2: a list of what each
 * server has shown, and of who was seen where.
 */

interface Modelled {
  readonly name: string
  /** Outdated sightings since the last compliant one. */
  suspected: number[]
  clock: { startedAt: number; carriedMs: number } | null
  recovery: { at: number; elapsedMs: number } | null
}

/** That of C6, ten times as fast, so that few messages see all of it. */
const schedule = scheduleOfC6.map((row) => ({ ...row, fromDay: row.fromDay / 10 }))
const scheduleText = `[schedule]\n${schedule
  .slice(1)
  .map((row) => `${row.stage} = ${row.fromDay}, ${row.deferMinutes}, ${row.refuseMinutes}\n`)
  .join('')}`

const names = ['ex01.contoso.local', 'ex02.contoso.local', 'ex03.contoso.local'] as const
const paths = [
  { address: '192.0.2.10', ehlo: 'mail.contoso.com' },
  { address: '192.0.2.10', ehlo: 'mail2.contoso.com' },
  { address: '192.0.2.11', ehlo: 'mail.contoso.com' },
] as const

class Model {
  readonly servers = names.map((name): Modelled => ({ name, suspected: [], clock: null, recovery: null }))
  readonly pauses: OraclePause[] = []
  /** Path → server → when it was last seen there. */
  readonly seen = new Map<string, Map<number, number>>()

  action(server: Modelled, at: number): OracleAction {
    if (!server.clock) return 'accept'
    const { startedAt, carriedMs } = server.clock
    const offsetMs = windowOffsetMs('contoso', server.name, true)
    // What was carried over lies before the start, where no pause of this run can reach: it is a still older start.
    const pauses = this.pauses
      .filter(({ until }) => until > startedAt)
      .map(({ from, until }) => ({ from: Math.max(from, startedAt), until }))
    return actionAt({ startedAt: startedAt - carriedMs, pauses, at, schedule, offsetMs }, at)
  }

  elapsed({ startedAt, carriedMs }: { startedAt: number; carriedMs: number }, at: number): number {
    const paused = this.pauses.map(({ from, until }) =>
      Math.max(0, Math.min(until, at) - Math.max(from, startedAt)),
    )
    return carriedMs + at - startedAt - paused.reduce((sum, each) => sum + each, 0)
  }

  show(index: number, outdated: boolean, at: number): void {
    const server = this.servers[index]!
    if (!outdated) {
      if (server.clock) server.recovery = { at, elapsedMs: this.elapsed(server.clock, at) }
      server.clock = null
      server.suspected = []
      return
    }
    if (server.clock) return
    server.suspected.push(at)
    const startedAt = server.suspected[0]!
    if (server.suspected.length < 3 || at - startedAt < 24 * hourMs) return
    const relapsed = server.recovery !== null && at - server.recovery.at <= 30 * dayMs
    server.clock = { startedAt, carriedMs: relapsed ? server.recovery!.elapsedMs : 0 }
    server.recovery = null
    server.suspected = []
  }

  on(path: number, at: number): Modelled[] {
    const seen = this.seen.get(String(path)) ?? new Map<number, number>()
    return [...seen].filter(([, last]) => at - last <= 7 * dayMs).map(([index]) => this.servers[index]!)
  }

  note(path: number, index: number, at: number): void {
    const seen = this.seen.get(String(path)) ?? new Map<number, number>()
    this.seen.set(String(path), seen.set(index, at))
  }
}

type Step =
  | { readonly kind: 'mail'; readonly server: number; readonly path: number; readonly worker: number }
  | { readonly kind: 'build'; readonly server: number; readonly patched: boolean }
  | { readonly kind: 'pause'; readonly days: number }
  | { readonly kind: 'resume' }

const mail = fc.record({
  kind: fc.constant('mail' as const),
  server: fc.nat({ max: 2 }),
  path: fc.nat({ max: 2 }),
  worker: fc.nat({ max: 1 }),
})
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 60, arbitrary: mail },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('build' as const),
      server: fc.nat({ max: 2 }),
      patched: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('pause' as const), days: fc.integer({ min: 1, max: 5 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('resume' as const) }) },
)
const wait = fc.oneof(
  { weight: 14, arbitrary: fc.integer({ min: 0, max: 2 * minuteMs }) },
  { weight: 4, arbitrary: fc.integer({ min: 3 * minuteMs, max: 2 * hourMs }) },
  { weight: 2, arbitrary: fc.integer({ min: hourMs, max: 3 * dayMs }) },
)
const place = fc.constantFrom('mail', 'data')

describe('months of random traffic on shared paths', () => {
  it('are answered as the rules say, whoever answers', async () => {
    let [sent, deferredAtMail, refused, recovered] = [0, 0, 0, 0]
    const property = fc.asyncProperty(
      fc.array(fc.tuple(wait, step), { minLength: 150, maxLength: 300, size: 'max' }),
      fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
      place,
      place,
      async (steps, patchedFirst, deferAt, refuseAt) => {
        const world = new World()
        const text = `${scheduleText}[enforcement]\ndefer_at = ${deferAt}\nrefuse_at = ${refuseAt}\n`
        const workers: Worker[] = [await world.worker(text), await world.worker(text)]
        const administer = new Administer(cached(world.memory, { maxEntries: 100, ttlMs: 1 }), world.memory)
        const model = new Model()
        const patched = [...patchedFirst]
        for (const [number, [waitMs, each]] of steps.entries()) {
          world.time += waitMs
          // As the plugin does every five seconds.
          if (waitMs >= 5000) for (const worker of workers) await worker.enforcement.flush()
          const at = world.time
          if (each.kind === 'build') patched[each.server] = each.patched
          else if (each.kind === 'pause') {
            const done = await administer.pause({
              tenant: 'contoso',
              days: each.days,
              from: at,
              reason: 'x',
              now: at,
              daysPerYear: 90,
              id: `p${number}`,
            })
            if (done.ok) model.pauses.push({ from: at, until: done.value.until })
          } else if (each.kind === 'resume') {
            const done = await administer.resume('contoso', at, false, 'x')
            const running = model.pauses.findIndex(({ from, until }) => from <= at && at < until)
            if (done.ok && running >= 0)
              model.pauses[running] = { from: model.pauses[running]!.from, until: at }
            // To accept by, memory may be out of date for two lives of a cache entry.
            world.time += 121_000
          } else {
            const compliant = patched[each.server] === true
            const server = model.servers[each.server]!
            const before = model.on(each.path, at)
            const told = await workers[each.worker]!.send({
              server: server.name,
              build: compliant ? newBuild : oldBuild,
              ...paths[each.path]!,
            })
            sent += 1
            if (told.at === 'data') {
              const hadClock = server.clock !== null
              model.show(each.server, !compliant, at)
              model.note(each.path, each.server, at)
              if (hadClock && compliant) recovered += 1
              const expected = compliant ? 'accept' : model.action(server, at)
              assert.equal(told.outcome.decision.action, expected, `${server.name} at DATA, step ${number}`)
              if (told.code === 550) refused += 1
            } else {
              const action = told.code === 450 ? 'defer' : 'refuse'
              assert.equal(told.at, action === 'defer' ? deferAt : refuseAt)
              assert.ok(before.length > 0)
              for (const known of before)
                assert.equal(model.action(known, at), action, `${known.name} on the path, step ${number}`)
              deferredAtMail += 1
            }
          }
        }
      },
    )
    await fc.assert(property, { numRuns: 40, endOnFailure: true })
    for (const [what, count] of Object.entries({ sent, deferredAtMail, refused, recovered }))
      assert.ok(count > 0, what)
    assert.ok(sent > 5000 && start > 0, `${sent} messages`)
  }).timeout(20_000)
})
