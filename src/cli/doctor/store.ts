import { constants, existsSync, statSync } from 'node:fs'
import { access, readFile, realpath, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { mainFile } from '../../config/schema'
import type { Settings } from '../../config/settings'
import { StoreUnavailable } from '../../store/unavailable'
import { whyDenied, type Account } from './account'
import type { ConfigFolder } from './config-folder'
import { area, reasonOf, type Report } from './finding'
import { isNearlyFull, isNetwork, isVolatile, mountOf } from './mounts'
import { recordChecks, tellRecords } from './records'

const checks = {
  'store-in-process': {
    severity: 'warning',
    about:
      'Memory is kept in the process: it is lost at restart, each worker has its own, and no command reaches it.',
    remedy: 'Write backend = lmdb, or redis for several hosts, in [store].',
  },
  'store-denied': {
    severity: 'error',
    about:
      'The user of Haraka cannot write to the folder of the store, so that nothing is remembered and everything accepted.',
    remedy:
      'Give the folder and the files in it to the user of Haraka: chown -R. A command that was run as root may have made them.',
  },
  'store-exposed': {
    severity: 'hint',
    about: 'Others than the user of Haraka may read the files of the store, which hold who sent you mail.',
    remedy: 'Run chmod 700 on the folder and chmod 600 on the files in it.',
  },
  'store-damaged': {
    severity: 'error',
    about: 'The files of the store cannot be opened.',
    remedy:
      "Stop Haraka, move the folder aside, start it again, and bring back the last export with 'exchange-enforcement state import'.",
  },
  'store-network-disk': {
    severity: 'error',
    about: 'The store lies on a network file system, where the locks of LMDB do not work.',
    remedy: 'Set path in [store] to a folder on a local disk; for several hosts use Redis.',
  },
  'store-volatile-disk': {
    severity: 'warning',
    about: 'The store lies on a file system that is lost with the memory of the host, or with the container.',
    remedy: 'Set path in [store] to a folder on a disk or on a volume that stays.',
  },
  'store-disk-full': {
    severity: 'warning',
    about:
      'Less than 256 MB are free where the store lies; when the disk is full, nothing is remembered any more.',
    remedy: 'Make room, or move the store to another disk.',
  },
  ...recordChecks,
} as const

type Id = keyof typeof checks

export const storeArea = area('Store', checks, async (scene, report) => {
  const { config } = scene
  const settings = scene.settings()
  if (!config || settings?.mode === 'off' || settings?.store.backend === 'redis') return
  if (!settings) {
    report.unknown('store-denied', 'the configuration is invalid, so it is not known where the store is')
    return
  }
  if (settings.store.backend === 'memory') {
    report.found(
      'store-in-process',
      'the backend is memory',
      config.ini(mainFile).evidence('backend', 'store'),
    )
    return
  }
  const { path } = settings.store
  const isUsable = tellRights(path, await scene.account(), report)
  await tellDisk(nearestFolder(path), report)
  if (isUsable) await tellContent(path, settings, config, scene.given.now, report)
})

/** `false`: there is nothing to open. */
function tellRights(path: string, account: Account, report: Report<Id>): boolean {
  if (!existsSync(path)) {
    const parent = nearestFolder(path)
    const denied = whyDenied(account, parent, ['write', 'enter'])
    if (denied === null) report.ok('store-denied', `there is no store yet; ${path} can be made`)
    else
      report.found('store-denied', `${path} does not exist and cannot be made (${denied})`, {
        file: parent,
        line: null,
      })
    return false
  }
  const names = ['data.mdb', 'lock.mdb'].map((name) => join(path, name)).filter((file) => existsSync(file))
  const denials = [
    { file: path, why: whyDenied(account, path, ['read', 'write', 'enter']) },
    ...names.map((file) => ({ file, why: whyDenied(account, file, ['read', 'write']) })),
  ]
  for (const { file, why } of denials) {
    if (why !== null)
      report.found('store-denied', `${file} cannot be written to (${why})`, { file, line: null })
  }
  if (denials.every(({ why }) => why === null)) {
    const who = account.state === 'known' ? account.name : 'the user of Haraka'
    report.ok('store-denied', `${path} is open to ${who}`)
  }
  for (const file of names) {
    if ((statSync(file).mode & 0o077) !== 0 && (statSync(path).mode & 0o077) !== 0) {
      report.found('store-exposed', `${file} is open to others`, { file, line: null })
    }
  }
  return names.length > 0
}

async function tellDisk(folder: string, report: Report<Id>): Promise<void> {
  const evidence = { file: folder, line: null }
  const space = await statfs(folder)
  const megabytes = Math.floor((space.bavail * space.bsize) / 1024 / 1024)
  if (isNearlyFull(space)) report.found('store-disk-full', `${megabytes} MB are free`, evidence)
  else report.ok('store-disk-full', `${megabytes} MB are free in ${folder}`)
  const mountinfo = await readFile('/proc/self/mountinfo', 'utf8').catch(() => null)
  const mount = mountinfo === null ? null : mountOf(await realpath(folder), mountinfo)
  if (!mount) report.unknown('store-network-disk', 'this system does not tell its mounts in /proc')
  else if (isNetwork(mount)) report.found('store-network-disk', `${mount.folder} is ${mount.type}`, evidence)
  else if (isVolatile(mount))
    report.found('store-volatile-disk', `${mount.folder} is ${mount.type}`, evidence)
  else report.ok('store-network-disk', `${mount.folder} is ${mount.type}`)
}

async function tellContent(
  path: string,
  settings: Settings,
  config: ConfigFolder,
  now: number,
  report: Report<Id>,
): Promise<void> {
  // Opening would make it, perhaps for another user than Haraka's.
  const lock = await stat(join(path, 'lock.mdb')).catch(() => null)
  if (!lock) {
    report.unknown(
      'records-unreadable',
      `the store in ${path} is not open anywhere, and to open it would make a file`,
    )
    return
  }
  for (const name of ['data.mdb', 'lock.mdb']) {
    const denied = await access(join(path, name), constants.R_OK | constants.W_OK).then(() => null, reasonOf)
    if (denied === null) continue
    report.unknown('records-unreadable', `the store is not open to who runs this command (${denied})`)
    return
  }
  const { LmdbStore } = await import('../../store/lmdb.js')
  const store = new LmdbStore({ path, readOnly: true })
  try {
    await store.open()
    await tellRecords(store, settings, config, now, report)
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    if (error.reason === 'damaged')
      report.found('store-damaged', error.message, { file: join(path, 'data.mdb'), line: null })
    else report.unknown('records-unreadable', error.message)
  } finally {
    await store.close()
  }
}

/** The folder itself, or the nearest one above it that is there. */
function nearestFolder(path: string): string {
  return existsSync(path) ? path : nearestFolder(dirname(path))
}
