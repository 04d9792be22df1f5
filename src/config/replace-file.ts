import { randomUUID } from 'node:crypto'
import { chownSync, closeSync, fchmodSync, fsyncSync, openSync, readFileSync, realpathSync } from 'node:fs'
import { linkSync, renameSync, rmSync, statSync, writeFileSync, type Stats } from 'node:fs'
import { dirname, join } from 'node:path'

/** The file could not be written; it is as it was. The message names it and says what the operator can do. */
export class FileNotReplaced extends Error {
  override readonly name = 'FileNotReplaced'
}

/**
 * Puts `content` in the place of a file, which may not be there yet, in one step: who reads it meanwhile, or after a crash, finds
 * the old or the new one, whole. Permissions and owner stay; a link stays a link. Where `verify` throws, the old file is put back.
 * Throws `FileNotReplaced`.
 */
export function replaceFile(
  path: string,
  content: Buffer | string,
  verify: () => void = () => undefined,
): void {
  const target = existing(path)
  const before = target === null ? null : readBefore(target)
  const real = target?.path ?? path
  swap(real, content, target?.stats ?? null)
  try {
    verify()
  } catch (cause) {
    if (before !== null) swap(real, before, target?.stats ?? null)
    else rmSync(real, { force: true })
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new FileNotReplaced(`${path} was put back as it was, since the new one is not good: ${why}`, {
      cause,
    })
  }
}

/** Writes a file that is not there yet, whole or not at all. Throws `FileNotReplaced` where there is one. */
export function createFile(path: string, content: Buffer | string): void {
  if (existing(path) !== null) {
    throw new FileNotReplaced(`${path} is there already; choose another name, or remove it first`)
  }
  const beside = writeBeside(path, content, null)
  try {
    // Unlike a renaming it fails where somebody was faster.
    linkSync(beside, path)
  } catch (cause) {
    throw failed(path, cause)
  } finally {
    rmSync(beside, { force: true })
  }
  syncFolder(dirname(path))
}

interface Existing {
  readonly path: string
  readonly stats: Stats
}

function existing(path: string): Existing | null {
  try {
    const real = realpathSync(path)
    return { path: real, stats: statSync(real) }
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return null
    throw failed(path, cause)
  }
}

function readBefore({ path }: Existing): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw failed(path, cause)
  }
}

function swap(path: string, content: Buffer | string, like: Stats | null): void {
  const beside = writeBeside(path, content, like)
  try {
    renameSync(beside, path)
  } catch (cause) {
    rmSync(beside, { force: true })
    throw failed(path, cause)
  }
  syncFolder(dirname(path))
}

/** Beside the file, since only within one file system is a renaming a single step; on the disk when it returns. */
function writeBeside(path: string, content: Buffer | string, like: Stats | null): string {
  const beside = join(dirname(path), `.exchange-enforcement-${randomUUID()}.tmp`)
  try {
    const file = openSync(beside, 'wx', 0o644)
    try {
      writeFileSync(file, content)
      if (like !== null) {
        keepOwner(beside, like)
        fchmodSync(file, like.mode & 0o7777)
      }
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    return beside
  } catch (cause) {
    rmSync(beside, { force: true })
    throw cause instanceof FileNotReplaced ? cause : failed(path, cause)
  }
}

function keepOwner(file: string, { uid, gid }: Stats): void {
  const made = statSync(file)
  if (made.uid === uid && made.gid === gid) return
  try {
    chownSync(file, uid, gid)
  } catch (cause) {
    throw new FileNotReplaced(
      `the file belongs to uid ${uid}, gid ${gid}, which a new one could not be given; run this as that user, or as root`,
      { cause },
    )
  }
}

/** The renaming itself must be on the disk. Some file systems cannot do it for folders, and need not. */
function syncFolder(folder: string): void {
  let handle: number | null = null
  try {
    handle = openSync(folder, 'r')
    fsyncSync(handle)
  } catch {
    return
  } finally {
    if (handle !== null) closeSync(handle)
  }
}

function failed(path: string, cause: unknown): FileNotReplaced {
  const code = codeOf(cause)
  const why = cause instanceof Error ? cause.message : String(cause)
  return new FileNotReplaced(`${path} cannot be written (${code ?? why}): ${advice(code)}`, { cause })
}

function advice(code: string | null): string {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'the folder must be writable for this user'
    case 'ENOENT':
    case 'ENOTDIR':
      return 'there is no such folder'
    case 'ENOSPC':
    case 'EDQUOT':
      return 'the disk is full'
    case 'EEXIST':
      return 'it is there already; choose another name'
    case 'EISDIR':
      return 'it is a folder'
    default:
      return 'nothing was changed'
  }
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error ? String(error.code) : null
}
