import assert from 'node:assert/strict'
import { Administer } from '../../src/enforcement/administer'
import { windowOffsetMs } from '../../src/rules/decision/window'
import { dayMs, hourMs } from '../../src/rules/time'
import { cached } from '../../src/store/cached'
import type { Store } from '../../src/store/store'
import type { RunningHaraka } from '../support/haraka'
import { actionAt, scheduleOfC6, type OraclePause } from '../support/oracle'
import {
  homes,
  inParallel,
  nameAtMinute,
  newBuild,
  oldBuild,
  runningSince,
  send,
  serverRecord,
  sleep,
  startFleet,
  tenant,
  writeServer,
  type Answered,
  type Home,
  type Letter,
} from './fleet'

/** One server for each stage that begins within the test, at a minute whose answer the new stage changes. */
const crossings = [
  { day: 30, minute: 2, before: 250, after: 450, mins: 5 },
  { day: 40, minute: 8, before: 250, after: 450, mins: 10 },
  { day: 50, minute: 15, before: 250, after: 450, mins: 20 },
  { day: 60, minute: 25, before: 250, after: 450, mins: 30 },
  { day: 60, minute: 32, before: 250, after: 550, mins: 5 },
  { day: 70, minute: 37, before: 250, after: 550, mins: 10 },
  { day: 80, minute: 45, before: 250, after: 550, mins: 20 },
  { day: 90, minute: 10, before: 450, after: 550, mins: 60 },
  { day: 90, minute: 55, before: 250, after: 550, mins: 60 },
] as const

const codes = { accept: 250, defer: 450, refuse: 550 } as const

for (const [what, makeHome] of homes) {
  describe(`the days of one server, with two workers and ${what}`, () => {
    let home: Home
    let haraka: RunningHaraka
    let store: Store
    let administer: Administer
    const pauses: OraclePause[] = []

    before(async function () {
      this.timeout(20_000)
      home = await makeHome()
      store = await home.open()
      administer = new Administer(cached(store, { maxEntries: 10, ttlMs: 1 }), store)
      haraka = await startFleet(home.lines)
    })
    after(async () => {
      await haraka.stop()
      await store.close()
      await home.stop()
    })

    /** What the rules say for that server; two answers where the change lies within the dialogue. */
    function right({ from, until }: Answered, server: string, startedAt: number): ReadonlySet<number> {
      const offsetMs = windowOffsetMs(tenant, server, true)
      const question = { startedAt, pauses, at: from, schedule: scheduleOfC6, offsetMs }
      return new Set([from, until].map((at) => codes[actionAt(question, at)]))
    }

    it('changes the answer at the millisecond at which a stage begins, and says its minutes', async () => {
      const boundary = Date.now() + 3000
      const servers = crossings.map((crossing, index) => {
        const server = nameAtMinute(crossing.minute, `day${crossing.day}m${crossing.minute}n`)
        return {
          ...crossing,
          server,
          startedAt: boundary - crossing.day * dayMs,
          address: `8.8.1.${index + 1}`,
        }
      })
      for (const { server, startedAt } of servers)
        await writeServer(store, serverRecord(server, runningSince(startedAt)))
      const heard = new Map<string, Answered[]>()
      while (Date.now() < boundary + 1500) {
        const answers = await inParallel(
          4,
          servers.map(
            ({ server, address }) =>
              () =>
                send(haraka, { server, address, build: oldBuild }),
          ),
        )
        for (const [index, answer] of answers.entries()) {
          const { server, startedAt } = servers[index]!
          assert.ok(right(answer, server, startedAt).has(answer.code), `${server}: ${answer.line}`)
          heard.set(server, [...(heard.get(server) ?? []), answer])
        }
        await sleep(100)
      }
      for (const { server, day, before, after, mins } of servers) {
        const answers = heard.get(server) ?? []
        const [first, last] = [answers[0], answers.at(-1)]
        assert.deepEqual([first?.code, last?.code], [before, after], server)
        assert.ok(last?.line.includes(` for ${mins} mins/hr. `), last?.line)
        // Where it is deferred at MAIL, the history learns of it when the build is looked at again.
        if (after === 450) continue
        const reached = scheduleOfC6.findLast((row) => row.fromDay === day)?.stage
        const stored = await store.read({ kind: 'server', tenant, server })
        const event = stored.state === 'present' ? stored.value.events.at(-1) : undefined
        assert.deepEqual(event, { at: boundary, kind: 'stage', stage: reached }, server)
      }
    }).timeout(20_000)

    it('is told the right thing through a pause, an early resume, a patch and a relapse', async () => {
      const full: Letter = { server: 'full.contoso.local', address: '8.8.2.1', build: oldBuild }
      const near: Letter = { server: nameAtMinute(55, 'near'), address: '8.8.2.2', build: oldBuild }
      const pausedAt = Date.now() + 300
      const nearStartedAt = pausedAt + 1500 - 90 * dayMs
      await writeServer(store, serverRecord(full.server, runningSince(pausedAt - 95 * dayMs)))
      await writeServer(store, serverRecord(near.server, runningSince(nearStartedAt)))
      const both = async (): Promise<number[]> => {
        const answers = await inParallel(
          4,
          [full, near, full, near].map((letter) => () => send(haraka, letter)),
        )
        return answers.map(({ code }) => code)
      }
      assert.deepEqual(await both(), [550, 250, 550, 250])

      await sleep(pausedAt - Date.now())
      const order = { tenant, days: 2, from: null, reason: 'moving', daysPerYear: 90, id: 'p1' }
      const paused = await administer.pause({ ...order, now: Date.now() })
      assert.ok(paused.ok)
      for (let round = 0; round < 3; round += 1)
        assert.deepEqual(await both(), [250, 250, 250, 250], 'paused: at once, in both workers')

      await sleep(pausedAt + 2500 - Date.now())
      assert.deepEqual(
        await both(),
        [250, 250, 250, 250],
        'the clock stands still where day 90 would have come',
      )
      const resumedAt = Date.now()
      const resumed = await administer.resume(tenant, resumedAt, false, 'moved')
      assert.ok(resumed.ok)
      pauses.push({ from: paused.value.from, until: resumedAt })
      // To accept by, a worker may believe in the pause for two lives of a cache entry of one second.
      await sleep(2100)
      for (let round = 0; round < 3; round += 1) {
        for (const letter of [full, near]) {
          const answer = await send(haraka, letter)
          assert.equal(answer.code, 550, `${letter.server}: day 90 has come, later by the pause`)
          if (letter === near) assert.ok(right(answer, near.server, nearStartedAt).has(550))
        }
      }

      const patched = { ...full, build: newBuild }
      assert.equal((await send(haraka, patched)).code, 250, 'patched')
      for (let round = 0; round < 3; round += 1)
        assert.equal((await send(haraka, full)).code, 250, 'one compliant sighting clears it')
      const known = await store.read({ kind: 'server', tenant, server: full.server })
      assert.ok(known.state === 'present' && known.value.recovery)
      const { recovery } = known.value
      // Two outdated sightings a day ago: the third detects it again.
      await writeServer(store, {
        ...known.value,
        clock: { state: 'suspected', firstAt: Date.now() - 25 * hourMs, sightings: 2 },
      })
      await sleep(2100)
      const relapsed = await send(haraka, full)
      assert.equal(relapsed.code, 550, 'relapsed: the clock goes on where it stood')
      for (let round = 0; round < 3; round += 1) assert.equal((await send(haraka, full)).code, 550)
      const last = await store.read({ kind: 'server', tenant, server: full.server })
      assert.ok(last.state === 'present' && last.value.clock.state === 'running')
      assert.equal(last.value.clock.carriedMs, recovery.elapsedMs)
      const kinds = last.value.events.map(({ kind }) => kind).filter((kind) => kind !== 'stage')
      assert.deepEqual(kinds, ['paused', 'resumed', 'recovered', 'relapsed'])
    }).timeout(20_000)
  })
}
