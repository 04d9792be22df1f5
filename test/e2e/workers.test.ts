import assert from 'node:assert/strict'
import type { Store } from '../../src/store/store'
import { dayMs, hourMs } from '../../src/rules/time'
import type { RunningHaraka } from '../support/haraka'
import { becomesTrue } from '../support/processes'
import {
  homes,
  inParallel,
  newBuild,
  oldBuild,
  send,
  serverRecord,
  startFleet,
  tenant,
  workersThatAccepted,
  writeServer,
  type Home,
} from './fleet'

for (const [what, makeHome] of homes) {
  describe(`two workers with one memory, ${what}`, () => {
    let home: Home
    let haraka: RunningHaraka
    let store: Store

    before(async function () {
      this.timeout(20_000)
      home = await makeHome()
      store = await home.open()
      haraka = await startFleet(home.lines)
    })
    after(async () => {
      await haraka.stop()
      await store.close()
      await home.stop()
    })

    it('agree on one clock where both detect a server at once (F3)', async () => {
      const servers = Array.from({ length: 12 }, (_, index) => `twin${index}.contoso.local`)
      const firstAt = Date.now() - 25 * hourMs
      for (const server of servers) {
        await writeServer(store, serverRecord(server, { state: 'suspected', firstAt, sightings: 2 }))
      }
      const tasks = servers.flatMap((server, index) =>
        Array.from(
          { length: 4 },
          () => () => send(haraka, { server, build: oldBuild, address: `8.8.3.${index + 1}` }),
        ),
      )
      const answers = await inParallel(8, tasks)
      assert.ok(answers.every(({ code }) => code === 250))
      assert.equal(workersThatAccepted(haraka).size, 2)
      for (const server of servers) {
        const stored = await store.read({ kind: 'server', tenant, server })
        assert.ok(stored.state === 'present' && stored.value.clock.state === 'running')
        assert.equal(stored.value.clock.startedAt, firstAt)
        assert.deepEqual(
          stored.value.events.map(({ kind }) => kind),
          ['detected'],
        )
      }
      const detections = haraka.log().match(/changed=detected/g)?.length
      assert.equal(detections, servers.length, 'each is logged once, by who wrote it')
    })

    it('count every message of a server that both saw first at once, and know all servers of its path', async () => {
      const names = ['a', 'b', 'c', 'd'].map((letter) => `crowd-${letter}.contoso.local`)
      const tasks = Array.from(
        { length: 80 },
        (_, index) => () => send(haraka, { server: names[index % 4]!, build: newBuild, address: '8.8.4.1' }),
      )
      const answers = await inParallel(8, tasks)
      assert.ok(answers.every(({ code }) => code === 250))
      const days = [Date.now() - dayMs, Date.now()].map((at) => new Date(at).toISOString().slice(0, 10))
      const counted = async (): Promise<number> => {
        let sum = 0
        for (const server of names) {
          const stored = await store.read({ kind: 'server', tenant, server })
          if (stored.state === 'present') for (const day of days) sum += stored.value.days[day]?.accepted ?? 0
        }
        return sum
      }
      assert.ok(
        await becomesTrue(async () => (await counted()) === 80, 9000, 200),
        `${await counted()} of 80`,
      )
      const path = await store.read({
        kind: 'path',
        tenant,
        connector: 'hybrid',
        address: '8.8.4.1',
        ehlo: 'mail.contoso.com',
      })
      assert.deepEqual(path.state === 'present' && Object.keys(path.value.servers).sort(), names)
    }).timeout(20_000)
  })
}
