import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LmdbStore } from '../../src/store/lmdb'
import { StoreUnavailable } from '../../src/store/unavailable'
import { serverKey, serverRecord } from '../support/records'

const crasher = join(__dirname, 'lmdb-crasher.js')

describe('LmdbStore', function () {
  this.timeout(20_000)
  let folder: string
  let path: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'xe-lmdb-'))
    path = join(folder, 'memory')
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const fill = async (records: number): Promise<void> => {
    const store = new LmdbStore({ path })
    await store.open()
    const header = 'x'.repeat(400)
    for (let i = 0; i < records; i += 1) {
      const events = [{ at: 1, kind: 'paused' as const, reason: header }]
      await store.replace(serverKey(`s${i}`), 0, serverRecord(`s${i}`, { events }), null)
    }
    await store.close()
  }
  const reasonOfOpen = async (): Promise<StoreUnavailable> => {
    const store = new LmdbStore({ path })
    const error = await store.open().then(
      () => assert.fail('it opened'),
      (reason: unknown) => reason,
    )
    assert.ok(error instanceof StoreUnavailable)
    return error
  }

  it('makes its folder and files readable to its owner alone', async () => {
    await fill(1)
    assert.equal((await stat(path)).mode & 0o777, 0o700)
    for (const file of ['data.mdb', 'lock.mdb'])
      assert.equal((await stat(join(path, file))).mode & 0o777, 0o600)
  })

  it('keeps what was written when it is closed and opened again', async () => {
    await fill(3)
    const store = new LmdbStore({ path })
    await store.open()
    await store.open()
    assert.equal((await store.read(serverKey('s2'))).state, 'present')
    await store.close()
    await assert.rejects(store.read(serverKey('s2')), { name: 'StoreUnavailable', reason: 'not-open' })
    await assert.rejects(store.replace(serverKey('s2'), 0, serverRecord('s2'), null), { reason: 'not-open' })
  })

  it('judges what expires by the clock it is given', async () => {
    let now = 1_000_000
    const store = new LmdbStore({ path, now: () => now })
    await store.open()
    await store.replace(serverKey('a'), 0, serverRecord('a'), 1000)
    now += 999
    assert.equal((await store.read(serverKey('a'))).state, 'present')
    now += 1
    assert.deepEqual(await store.read(serverKey('a')), { state: 'absent', version: 0 })
    assert.equal(await store.prune(now - 1), 0)
    assert.equal(await store.prune(now), 1)
    assert.equal(await store.prune(now), 0)
    await store.close()
  })

  it('keeps every acknowledged write when a process is killed amid writing', async () => {
    for (let round = 0; round < 5; round += 1) {
      const child = spawn(process.execPath, [crasher, 'write', path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let output = ''
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString()
        if (output.split('\n').length > 50 + 13 * round) child.kill('SIGKILL')
      })
      await once(child, 'close')
      const acknowledged = Number(output.slice(0, output.lastIndexOf('\n')).split('\n').at(-1))
      const store = new LmdbStore({ path })
      await store.open()
      const stored = await store.read(serverKey('crash'))
      assert.ok(acknowledged >= 50)
      assert.ok(stored.state === 'present' && stored.value.stageSeen >= acknowledged)
      const began = performance.now()
      assert.equal(await store.replace(serverKey('crash'), stored.version, serverRecord('crash'), null), true)
      assert.ok(performance.now() - began < 500, 'the lock of the dead is not waited for')
      await store.close()
    }
  })

  it('rejects what a full disk does not take, and nothing else of it ends the process', async () => {
    await fill(1)
    const command = `ulimit -f 900; exec "$0" "$@"`
    const child = spawn('sh', ['-c', command, process.execPath, crasher, 'overfill', path], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    await once(child, 'close')
    const said: unknown = JSON.parse(output)
    assert.ok(typeof said === 'object' && said && 'refusals' in said && 'unheard' in said)
    assert.ok(Array.isArray(said.refusals) && said.refusals.length === 5)
    for (const refusal of said.refusals) {
      assert.match(String(refusal), /^StoreUnavailable: store path .* could not be written \(.+\)/)
      assert.doesNotMatch(String(refusal), /see commitError/)
    }
    assert.equal(said.unheard, 0)
  })

  it('says which user may not write to its folder', async () => {
    await fill(1)
    await chmod(folder, 0o755)
    if (process.getuid?.() !== 0) await chmod(path, 0o500)
    const child = spawn(process.execPath, [crasher, 'open', path], { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
    await once(child, 'close')
    assert.match(
      said,
      /store path .*memory cannot be used .*EACCES.*uid \d+.* may write to; it belongs to uid \d+/,
    )
  })

  it('says so when its path is a file', async () => {
    await writeFile(path, '')
    const { reason, message } = await reasonOfOpen()
    assert.equal(reason, 'denied')
    assert.match(message, /must be a folder/)
  })

  const damages = [
    ['foreign bytes', (file: string) => writeFile(file, Buffer.alloc(65_536, 0x5a))],
    ['zeros at its head', async (file: string) => writeFile(file, (await readFile(file)).fill(0, 0, 8192))],
    ['a head cut short', (file: string) => truncate(file, 100)],
    [
      'its second half gone',
      async (file: string) => truncate(file, Math.floor((await stat(file)).size / 8192) * 4096),
    ],
    [
      'its last quarter gone',
      async (file: string) => truncate(file, Math.floor((await stat(file)).size / 16_384) * 12_288),
    ],
  ] as const
  for (const [damage, inflict] of damages) {
    it(`refuses, without dying of it, a data file with ${damage}`, async () => {
      await fill(200)
      await inflict(join(path, 'data.mdb'))
      const before = await readFile(join(path, 'data.mdb'))
      const { reason, message } = await reasonOfOpen()
      assert.equal(reason, 'damaged')
      assert.match(message, /move data\.mdb and lock\.mdb aside/)
      assert.deepEqual(await readFile(join(path, 'data.mdb')), before, 'it was left as it is')
    })
  }
})
