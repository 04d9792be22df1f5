import { readdir, readFile, readlink } from 'node:fs/promises'
import { realpathSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'

/** One process of a Haraka, as the system lists it. */
export interface HarakaProcess {
  readonly pid: number
  readonly uid: number
  readonly groups: readonly number[]
  /** The folder that it was started for: the one that holds `config`. */
  readonly install: string
  /** The script that it runs, which tells where its Haraka is installed. */
  readonly script: string
}

export type RunningHarakas =
  | {
      readonly state: 'seen'
      readonly ours: readonly HarakaProcess[]
      readonly others: readonly HarakaProcess[]
    }
  /** This system has no /proc. */
  | { readonly state: 'unknown' }

/** Processes of other users may be hidden from who is not root: then they are not among these. */
export async function findHarakas(install: string | null): Promise<RunningHarakas> {
  let names: readonly string[]
  try {
    names = await readdir('/proc')
  } catch {
    return { state: 'unknown' }
  }
  const pids = names.filter((name) => /^\d+$/.test(name))
  const found = (await Promise.all(pids.map(harakaOf))).filter((each) => each !== null)
  const here = install === null ? null : real(install)
  return {
    state: 'seen',
    // Workers first: they, and not the master, give up the rights of root.
    ours: found.filter((each) => each.install === here).sort((one, other) => other.pid - one.pid),
    others: found.filter((each) => each.install !== here),
  }
}

async function harakaOf(pid: string): Promise<HarakaProcess | null> {
  try {
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0')
    const at = words.findIndex((word) => ['haraka', 'haraka.js'].includes(basename(word)))
    const script = words[at]
    const folder = folderNamed(words.slice(at + 1))
    if (script === undefined || folder === null || at > 5) return null
    const directory = await readlink(`/proc/${pid}/cwd`).catch(() => '/')
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    const ids = (name: string): readonly number[] =>
      (new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '').split(/\s+/).filter(Boolean).map(Number)
    // Real, effective, saved, file system.
    const [, uid = 0] = ids('Uid')
    const [, gid = 0] = ids('Gid')
    return {
      pid: Number(pid),
      uid,
      groups: [gid, ...ids('Groups')],
      install: real(resolve(directory, folder)),
      script: real(resolve(directory, script)),
    }
  } catch {
    // Gone meanwhile, or hidden from us.
    return null
  }
}

/** What stands behind `-c` or `--configs`. */
function folderNamed(words: readonly string[]): string | null {
  for (const [at, word] of words.entries()) {
    if (word === '-c' || word === '--configs') return words[at + 1] ?? null
    if (word.startsWith('--configs=')) return word.slice('--configs='.length)
  }
  return null
}

function real(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

/** Folder of the Haraka that a script belongs to, as far as its place tells: `…/Haraka/bin/haraka`. */
export function packageOfScript(script: string): string {
  const folder = dirname(real(script))
  return basename(folder) === 'bin' ? dirname(folder) : folder
}
