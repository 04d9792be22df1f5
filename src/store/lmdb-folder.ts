import { execFile } from 'node:child_process'
import { access, chmod, constants, mkdir, open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { StoreUnavailable } from './unavailable'

const dataFile = 'data.mdb'
const lockFile = 'lock.mdb'

// Of the two pages at the head of the data file, written in turn, as LMDB's data format 2 lays them out.
const headBytes = 160
const magicOffset = 24
const pageSizeOffset = 48
const lastPageOffset = 144
const magic = 0xbeefc0de
const probeTimeoutMs = 30_000

// Walks the file in a process of its own: reading a damaged map may end the process that does it.
const probe = `
  const { open } = require(process.argv[1])
  const db = open({ path: process.argv[2], readOnly: true, encoding: 'string', useVersions: true })
  for (const { value } of db.getRange()) if (typeof value !== 'string') process.exit(3)
  process.exit(0)
`

/** Makes the folder (0700), or checks that it can be used. Rejects with what the operator can do. */
export async function prepareFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK)
    for (const file of [dataFile, lockFile]) await checkAccess(join(path, file))
  } catch (cause) {
    const owner = await ownerOf(path)
    throw new StoreUnavailable(
      'denied',
      `store path ${path} cannot be used (${messageOf(cause)}). It must be a folder on a local disk that the user ` +
        `of Haraka (uid ${process.getuid?.() ?? 'unknown'}) may write to${owner}.`,
      { cause },
    )
  }
  await checkData(path)
}

/** No one else reads who sent us mail. Files of another owner are left as they are. */
export async function protectFiles(path: string): Promise<void> {
  for (const file of [dataFile, lockFile]) {
    const name = join(path, file)
    const { uid, mode } = await stat(name)
    if (uid === process.getuid?.() && (mode & 0o077) !== 0) await chmod(name, 0o600)
  }
}

export function damagedFolder(path: string, cause: unknown): StoreUnavailable {
  return new StoreUnavailable(
    'damaged',
    `store path ${path}: ${dataFile} cannot be opened (${messageOf(cause)}). Stop Haraka, move ${dataFile} and ` +
      `${lockFile} aside and bring back a backup, or start with an empty folder: all clocks then begin anew.`,
    { cause },
  )
}

async function checkAccess(name: string): Promise<void> {
  try {
    await access(name, constants.R_OK | constants.W_OK)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
}

/** Rejects where the data file is no file of LMDB, or cut short; one that is not there is well. */
export async function checkData(path: string): Promise<void> {
  const heads = [Buffer.alloc(headBytes), Buffer.alloc(headBytes)] as const
  let size: number
  try {
    const file = await open(join(path, dataFile), 'r')
    try {
      size = (await file.stat()).size
      await file.read(heads[0], 0, headBytes, 0)
      await file.read(heads[1], 0, headBytes, heads[0].readUInt32LE(pageSizeOffset))
    } finally {
      await file.close()
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    throw damagedFolder(path, error)
  }
  // Another process may just be making it.
  if (size === 0) return
  if (heads.some((head) => head.readUInt32LE(magicOffset) !== magic)) {
    throw damagedFolder(path, new Error('not a file of LMDB, or cut off at its head'))
  }
  const pages = Math.max(...heads.map((head) => Number(head.readBigUInt64LE(lastPageOffset)))) + 1
  if (size >= pages * heads[0].readUInt32LE(pageSizeOffset)) return
  // A file may end before its last page where that is a free one; else it was cut short.
  try {
    await promisify(execFile)(process.execPath, ['-e', probe, require.resolve('lmdb'), path], {
      timeout: probeTimeoutMs,
    })
  } catch (error) {
    throw damagedFolder(path, new Error('the file is shorter than its content', { cause: error }))
  }
}

async function ownerOf(path: string): Promise<string> {
  try {
    return `; it belongs to uid ${(await stat(path)).uid}`
  } catch {
    return ''
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
