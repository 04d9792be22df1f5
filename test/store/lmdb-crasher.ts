import { LmdbStore } from '../../src/store/lmdb'
import { serverKey, serverRecord } from '../support/records'

/** Writes one record after the other and tells of each that was acknowledged, until it is killed. */
async function write(path: string): Promise<void> {
  const store = new LmdbStore({ path })
  await store.open()
  for (let i = 0; ; i += 1) {
    const { version } = await store.read(serverKey('crash'))
    if (await store.replace(serverKey('crash'), version, serverRecord('crash', { stageSeen: i + 1 }), null)) {
      process.stdout.write(`${i + 1}\n`)
    }
  }
}

/** Tries to open as a user who may not, and tells why not. */
async function openAs(path: string, uid: number): Promise<void> {
  if (process.getuid?.() === 0) process.setuid?.(uid)
  try {
    await new LmdbStore({ path }).open()
    process.stdout.write('opened')
  } catch (error) {
    process.stdout.write(error instanceof Error ? error.message : String(error))
  }
}

/** Writes until the disk takes no more, and a while longer; tells what was said, and what nobody heard. */
async function overfill(path: string): Promise<void> {
  let unheard = 0
  process.on('unhandledRejection', () => (unheard += 1))
  // Sent where a limit stands for a full disk; without a listener it ends the process.
  process.on('SIGXFSZ', () => undefined)
  const store = new LmdbStore({ path })
  await store.open()
  const events = Array.from({ length: 200 }, () => ({
    at: 1,
    kind: 'paused' as const,
    reason: 'x'.repeat(60),
  }))
  const refusals: string[] = []
  let version = 0
  for (let i = 0; i < 500 && refusals.length < 5; i += 1) {
    const server = refusals.length % 2 === 0 ? `s${i}` : 's0'
    const expected = server === 's0' ? version : 0
    try {
      await store.replace(serverKey(server), expected, serverRecord(server, { events }), null)
      if (i === 0) ({ version } = await store.read(serverKey('s0')))
    } catch (error) {
      refusals.push(error instanceof Error ? `${error.name}: ${error.message}` : String(error))
    }
  }
  await new Promise((resolve) => setTimeout(resolve, 100))
  process.stdout.write(JSON.stringify({ refusals, unheard }), () => process.exit(0))
}

const tasks = {
  write,
  open: (path: string) => openAs(path, 65534),
  overfill,
}

if (require.main === module) {
  const [, , task, path = ''] = process.argv
  for (const [name, run] of Object.entries(tasks)) if (name === task) void run(path)
}
