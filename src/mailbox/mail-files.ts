import { closeSync, openSync, readdirSync, readSync, statSync, type Dirent } from 'node:fs'
import { join } from 'node:path'
import { separationOf, maxSeparatorBytes } from './separator'

/** A file in which mail is looked for. */
export interface MailFile {
  readonly path: string
  readonly bytes: number
  /** Its name says so: then it begins with a `From ` line. */
  readonly isMbox: boolean
}

export type MailFileOrFault =
  | ({ readonly kind: 'file' } & MailFile)
  /** It or what is in it cannot be looked at; the others can. */
  | { readonly kind: 'fault'; readonly path: string; readonly why: string }

/**
 * The files of a path, in the order of their names: a file itself; of a Maildir, `new` and `cur`, and those of its folders; of any
 * other folder what is called `.eml` or `.mbox` (also with `.gz` behind), what is a number (MH, Cyrus) and what begins with
 * a `From ` line, at any depth.
 */
export function* mailFiles(path: string): Generator<MailFileOrFault> {
  try {
    const found = statSync(path)
    if (found.isDirectory()) yield* filesIn(path)
    else yield { kind: 'file', path, bytes: found.size, isMbox: isMboxName(path) }
  } catch (error) {
    yield fault(path, error)
  }
}

function* filesIn(folder: string): Generator<MailFileOrFault> {
  let entries: readonly Dirent[]
  try {
    entries = readdirSync(folder, { withFileTypes: true }).sort(byName)
  } catch (error) {
    yield fault(folder, error)
    return
  }
  const boxes = entries.filter((entry) => entry.isDirectory() && isMaildirBox(entry.name))
  const isMaildir = boxes.length > 0
  for (const entry of entries) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      // Maildir++ keeps its folders beside, each as `.Name`; others hide in such what is no mail.
      if (isMaildir && isMaildirBox(entry.name)) yield* messagesIn(path)
      else if (!(isMaildir && entry.name === 'tmp') && (isMaildir || !entry.name.startsWith('.'))) {
        yield* filesIn(path)
      }
    } else if (!isMaildir && !entry.name.startsWith('.')) {
      yield* fileOf(path, isMail)
    }
  }
}

/** Every file of `new` or `cur` is a message. */
function* messagesIn(folder: string): Generator<MailFileOrFault> {
  let names: readonly string[]
  try {
    names = readdirSync(folder).sort()
  } catch (error) {
    yield fault(folder, error)
    return
  }
  for (const name of names) if (!name.startsWith('.')) yield* fileOf(join(folder, name), () => true)
}

/** `path`, if it is a file, or a link to one, that is wanted. Links to folders might lead round in a circle. */
function* fileOf(path: string, isWanted: (path: string) => boolean): Generator<MailFileOrFault> {
  try {
    const found = statSync(path)
    if (!found.isFile() || !isWanted(path)) return
    yield { kind: 'file', path, bytes: found.size, isMbox: isMboxName(path) }
  } catch (error) {
    // A link that leads nowhere is no mail that could not be read, nor is one that was moved meanwhile.
    if (isGone(error)) return
    yield fault(path, error)
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

function isMaildirBox(name: string): boolean {
  return name === 'cur' || name === 'new'
}

function isMboxName(path: string): boolean {
  return /\.mbox(?:\.gz)?$/i.test(path)
}

function isMail(path: string): boolean {
  return /\.(?:eml|mbox)(?:\.gz)?$|[/\\]\d+\.?$/i.test(path) || beginsAsMbox(path)
}

/** Mail programs call an mbox `Inbox` or `Sent`. */
function beginsAsMbox(path: string): boolean {
  const bytes = Buffer.alloc(maxSeparatorBytes)
  const file = openSync(path, 'r')
  try {
    const [line = ''] = bytes.toString('utf8', 0, readSync(file, bytes)).split('\n')
    const separation = separationOf(line)
    return separation === 'dated' || separation === 'certain'
  } finally {
    closeSync(file)
  }
}

function fault(path: string, error: unknown): MailFileOrFault {
  return { kind: 'fault', path, why: isGone(error) ? 'there is no such file' : reasonOf(error) }
}

/** `EACCES: permission denied`, without the call and the path that Node.js adds. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.replace(/, (?:\w+)(?: '.*')?$/, '')
}

function byName(a: Dirent, b: Dirent): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}
