import assert from 'node:assert/strict'
import { dayMs, minuteMs } from '../../src/rules/time'
import type { Store } from '../../src/store/store'
import type { RunningHaraka } from '../support/haraka'
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
  workersThatAccepted,
  writePath,
  writeServer,
  type Answered,
  type Home,
} from './fleet'

const places = ['connect', 'mail', 'data'] as const
type Place = (typeof places)[number]

interface Moment {
  readonly stage: number
  readonly day: number
  /** Minute of the server's hour. */
  readonly minute: number
  readonly demands: 250 | 450 | 550
}

/** Every stage, in the middle of each of its windows. */
const moments: readonly Moment[] = [
  { stage: 1, day: 15, minute: 2, demands: 250 },
  { stage: 2, day: 35, minute: 2, demands: 450 },
  { stage: 3, day: 45, minute: 5, demands: 450 },
  { stage: 4, day: 55, minute: 10, demands: 450 },
  { stage: 5, day: 65, minute: 15, demands: 450 },
  { stage: 5, day: 65, minute: 32, demands: 550 },
  { stage: 6, day: 75, minute: 15, demands: 450 },
  { stage: 6, day: 75, minute: 35, demands: 550 },
  { stage: 7, day: 85, minute: 15, demands: 450 },
  { stage: 7, day: 85, minute: 40, demands: 550 },
  { stage: 8, day: 95, minute: 30, demands: 550 },
]

const combinations = places.flatMap((deferAt) => places.map((refuseAt) => [deferAt, refuseAt] as const))
const connectorOf = (deferAt: Place, refuseAt: Place): string => `${deferAt}-${refuseAt}`

/** One connector, and one network, for each of the places at which a server can be turned away. */
const connectors = combinations
  .map(
    ([deferAt, refuseAt], index) =>
      `[${connectorOf(deferAt, refuseAt)}]\ntenant = ${tenant}\naddresses = 8.8.${index}.0/24\ndefer_at = ${deferAt}\nrefuse_at = ${refuseAt}\n`,
  )
  .join('')

function said({ code, at }: Answered): string {
  return `${code} at ${at}`
}

for (const [what, makeHome] of homes) {
  describe(`who is not to be turned away, with two workers and ${what}`, () => {
    let home: Home
    let haraka: RunningHaraka
    let store: Store

    before(async function () {
      this.timeout(20_000)
      home = await makeHome()
      store = await home.open()
      haraka = await startFleet(home.lines, { connectors })
    })
    after(async () => {
      await haraka.stop()
      await store.close()
      await home.stop()
    })

    it('of two servers behind one address and EHLO name the compliant one is accepted, in all stages and places', async () => {
      const compliant = 'good.contoso.local'
      await writeServer(store, serverRecord(compliant, { state: 'clear' }))
      const tasks: (() => Promise<void>)[] = []
      for (const [number, { stage, day, minute, demands }] of moments.entries()) {
        const outdated = nameAtMinute(minute, `old${stage}m${minute}n`)
        await writeServer(
          store,
          serverRecord(outdated, runningSince(Date.now() - day * dayMs - 12 * 60 * minuteMs)),
        )
        for (const [index, [deferAt, refuseAt]] of combinations.entries()) {
          const connector = connectorOf(deferAt, refuseAt)
          const address = `8.8.${index}.${number + 1}`
          await writePath(
            store,
            { connector, address, ehlo: 'mail.contoso.com' },
            [outdated, compliant],
            Date.now(),
          )
          const why = `stage ${stage}, minute ${minute}, defer_at ${deferAt}, refuse_at ${refuseAt}`
          for (const [server, build, expected] of [
            [compliant, newBuild, 250],
            [outdated, oldBuild, demands],
            [compliant, newBuild, 250],
          ] as const) {
            tasks.push(async () => {
              assert.equal(
                said(await send(haraka, { server, build, address })),
                `${expected} at data`,
                `${server}, ${why}`,
              )
            })
          }
        }
      }
      await inParallel(6, tasks)
      assert.equal(workersThatAccepted(haraka).size, 2)
    }).timeout(30_000)

    it('a patched server behind full block is accepted with the first message that shows its new build', async () => {
      const recheckMs = 5 * minuteMs
      const cases = combinations.map(([deferAt, refuseAt], index) => ({
        deferAt,
        refuseAt,
        address: `8.8.${index}.200`,
        server: `patched${index}.contoso.local`,
      }))
      const soonOld = Date.now() - recheckMs + 6000
      for (const { deferAt, refuseAt, address, server } of cases) {
        await writeServer(store, serverRecord(server, runningSince(Date.now() - 95 * dayMs)))
        await writePath(
          store,
          { connector: connectorOf(deferAt, refuseAt), address, ehlo: 'mail.contoso.com' },
          [server],
          soonOld,
        )
      }
      const patched = cases.map(({ server, address }) => ({ server, address, build: newBuild }))
      const first = await inParallel(
        6,
        patched.map((letter) => () => send(haraka, letter)),
      )
      assert.ok(Date.now() < soonOld + recheckMs, 'the machine is too slow for this test')
      assert.deepEqual(
        first.map(said),
        cases.map(({ refuseAt }) => (refuseAt === 'data' ? '250 at data' : `550 at ${refuseAt}`)),
        'memory speaks first where the operator wants it to',
      )
      await sleep(soonOld + recheckMs - Date.now() + 50)
      for (let round = 1; round <= 4; round += 1) {
        const later = await inParallel(
          6,
          patched.map((letter) => () => send(haraka, letter)),
        )
        assert.deepEqual([...new Set(later.map(said))], ['250 at data'], `round ${round}`)
      }
      for (const { server } of cases) {
        const stored = await store.read({ kind: 'server', tenant, server })
        assert.equal(stored.state === 'present' && stored.value.clock.state, 'clear')
      }
    }).timeout(20_000)

    it('a new server that takes over the name and address of an old one is never refused', async () => {
      const [server, address] = ['heir.contoso.local', '8.8.5.201']
      assert.deepEqual(combinations[5], ['mail', 'data'])
      await writeServer(store, serverRecord(server, runningSince(Date.now() - 95 * dayMs)))
      await writePath(
        store,
        { connector: 'mail-data', address, ehlo: 'mail.contoso.com' },
        [server],
        Date.now(),
      )
      assert.equal(said(await send(haraka, { server, address, build: oldBuild })), '550 at data')
      const heir = { server, address, build: '15.2.2562.53' }
      for (let message = 0; message < 6; message += 1)
        assert.equal(said(await send(haraka, heir)), '250 at data')
    })
  })
}
