import assert from 'node:assert/strict'
import { newBuild, oldBuild, World, type Sender, type Worker } from './world'

const connectors = `
[hybrid]
tenant = contoso
addresses = 192.0.2.0/24
[loud]
tenant = fabrikam
addresses = 198.51.100.0/24
`
const quiet: Sender = { server: 'ex01.contoso.local', build: oldBuild }
const loud = { server: 'ex01.fabrikam.local', build: newBuild, address: '198.51.100.7' } as const
const cacheEntries = 300
const floodSize = 2 * cacheEntries
/** So many addresses may bring in a new path each hour. */
const newAddresses = 10_000

/** No two messages of a flood are alike. */
const floods: readonly (readonly [what: string, sender: (number: number) => Sender])[] = [
  ['EHLO names from one address', (number) => ({ ...loud, ehlo: `h${number}.fabrikam.com` })],
  ['servers', (number) => ({ ...loud, server: `h${number}.fabrikam.local` })],
  ['outdated servers', (number) => ({ ...loud, server: `h${number}.fabrikam.local`, build: oldBuild })],
  [
    'EHLO names of messages without evidence',
    (number) => ({ ...loud, build: null, ehlo: `h${number}.fabrikam.com` }),
  ],
]

describe('A flood of one tenant', function () {
  this.timeout(30_000)

  async function setUp(): Promise<{ world: World; worker: Worker }> {
    const world = new World()
    const worker = await world.worker(
      '[main]\nscope = everyone\n[enforcement]\nspread = no\n',
      connectors,
      cacheEntries,
    )
    await world.outdated(quiet.server, 95)
    await worker.send(quiet)
    return { world, worker }
  }

  async function demandRoom(world: World, worker: Worker): Promise<void> {
    const newcomer = {
      server: 'ex02.contoso.local',
      build: oldBuild,
      address: '192.0.2.77',
      ehlo: 'new.contoso.com',
    }
    await worker.send(newcomer)
    assert.ok(await world.server(newcomer.server), 'a new server of another tenant is remembered')
    assert.ok(
      [...world.entries.keys()].some((key) => key.includes('new.contoso.com')),
      'and its path',
    )
  }

  for (const [what, sender] of floods) {
    it(`drives nobody else out of the cache, and leaves room for others’ news: ${what}`, async () => {
      const { world, worker } = await setUp()
      for (let number = 0; number < floodSize; number += 1) await worker.send(sender(number))
      assert.ok(worker.cache.size <= 6 * cacheEntries, `${worker.cache.size} records`)
      const bytes = [...world.entries.values()].reduce((sum, { json }) => sum + json.length, 0)
      assert.ok(bytes < 2 * 1024 * 1024, `${bytes} bytes of memory`)

      world.store.calls.length = 0
      assert.equal((await worker.send({ ...quiet, build: null })).code, 550)
      assert.equal(
        world.store.count('read path'),
        1,
        'afresh, since it is turned away; from the cache before',
      )
      await demandRoom(world, worker)
      world.store.health = 'refusing'
      assert.equal((await worker.send(quiet)).code, 550, 'what was known is known without the store')
    })
  }

  it('leaves room for others’ news: more addresses of strangers than are remembered in an hour', async () => {
    const { world, worker } = await setUp()
    for (let number = 0; number < newAddresses + 10; number += 1) {
      await worker.send({ ...loud, address: `10.0.${number >> 8}.${number & 255}` })
    }
    assert.ok((worker.faults.get('newcomer-dropped') ?? 0) > 0)
    await demandRoom(world, worker)
  })
})
