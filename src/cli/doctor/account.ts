import { execFile } from 'node:child_process'
import type { Stats } from 'node:fs'
import { accessSync, constants, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { reasonOf, type Evidence } from './finding'
import type { Scene } from './scene'

/** The user whose rights count: the one that Haraka runs as. */
export type Account =
  | {
      readonly state: 'known'
      readonly uid: number
      readonly groups: readonly number[]
      /** `haraka, as smtp.ini says`. */
      readonly name: string
    }
  | { readonly state: 'unknown'; readonly why: string; readonly evidence: Evidence | null }

const patienceMs = 2_000

/** As `--user` says, else smtp.ini, else the running Haraka's, else who runs this command. */
export async function findAccount(scene: Scene): Promise<Account> {
  const { user } = scene.given
  if (user !== null) return accountOf(user, null, '--user', null)
  const smtp = scene.config?.ini('smtp.ini')
  const named = smtp?.text('user') ?? ''
  if (smtp && named !== '') {
    return accountOf(named, smtp.text('group') || null, 'smtp.ini', smtp.evidence('user'))
  }
  const running = await scene.running()
  const [process_] = running.state === 'seen' ? running.ours : []
  if (process_) {
    return {
      state: 'known',
      uid: process_.uid,
      groups: process_.groups,
      name: `uid ${process_.uid}, as Haraka runs`,
    }
  }
  const uid = process.getuid?.() ?? 0
  return {
    state: 'known',
    uid,
    groups: process.getgroups?.() ?? [],
    name: `uid ${uid}, as this command runs`,
  }
}

async function accountOf(
  name: string,
  group: string | null,
  saidBy: string,
  evidence: Evidence | null,
): Promise<Account> {
  try {
    const uid = Number(await id('-u', name))
    // Haraka sets user and group, and no further groups of the user.
    const groups = group === null ? await id('-G', name) : await groupId(group)
    return { state: 'known', uid, groups: groups.split(' ').map(Number), name: `${name}, as ${saidBy} says` }
  } catch (error) {
    const who = group === null ? `the user ${name}` : `the user ${name} or the group ${group}`
    return {
      state: 'unknown',
      why: `${who}, which ${saidBy} names, is not known here (${reasonOf(error).split('\n', 1)[0] ?? ''})`,
      evidence,
    }
  }
}

async function id(what: '-u' | '-G', name: string): Promise<string> {
  const { stdout } = await promisify(execFile)('id', [what, '--', name], { timeout: patienceMs })
  return stdout.trim()
}

async function groupId(name: string): Promise<string> {
  if (/^\d+$/.test(name)) return name
  const { stdout } = await promisify(execFile)('getent', ['group', name], { timeout: patienceMs })
  return stdout.split(':')[2] ?? ''
}

export type Right = 'read' | 'write' | 'enter'

const bits = { read: 4, write: 2, enter: 1 } as const
const modes = { read: constants.R_OK, write: constants.W_OK, enter: constants.X_OK } as const

/** Why the account may not do that; `null`: it may, as far as owner, group and mode tell. */
export function whyDenied(account: Account, path: string, rights: readonly Right[]): string | null {
  if (account.state === 'unknown') return null
  if (account.uid === process.getuid?.()) {
    try {
      accessSync(
        path,
        rights.reduce((all, right) => all | modes[right], constants.F_OK),
      )
      return null
    } catch (error) {
      return reasonOf(error)
    }
  }
  try {
    for (let folder = dirname(path); ; folder = dirname(folder)) {
      if (!mayUse(account, statSync(folder), ['enter'])) return `${account.name}, may not enter ${folder}`
      if (folder === dirname(folder)) break
    }
    const stats = statSync(path)
    return mayUse(account, stats, rights)
      ? null
      : `it belongs to uid ${stats.uid}, gid ${stats.gid}, with mode 0${(stats.mode & 0o777).toString(8)}`
  } catch (error) {
    return reasonOf(error)
  }
}

function mayUse(
  account: Account & { readonly state: 'known' },
  stats: Stats,
  rights: readonly Right[],
): boolean {
  if (account.uid === 0) return true
  const shift = stats.uid === account.uid ? 6 : account.groups.includes(stats.gid) ? 3 : 0
  return rights.every((right) => ((stats.mode >> shift) & bits[right]) !== 0)
}
