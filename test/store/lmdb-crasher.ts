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

if (require.main === module) {
  const [, , task, path = ''] = process.argv
  void (task === 'write' ? write(path) : openAs(path, 65534))
}
