import { join, resolve } from 'node:path'
import { MailDamage } from './damage'
import { fileChunks } from './file-chunks'
import { unpacked } from './gunzip'
import { HeaderScanner, type HeaderBlock } from './header-scanner'
import { mailFiles, reasonOf } from './mail-files'

/** One message, by where it was found. */
export interface FoundMessage extends HeaderBlock {
  readonly kind: 'message'
  /** Path as named, with `#2` for the second message of an mbox. */
  readonly source: string
}

/** A file or folder, or the rest of one, that could not be read as mail. The others can. */
export interface Unread {
  readonly kind: 'unread'
  readonly source: string
  readonly why: string
}

export interface MailInput {
  /** Where relative paths start. */
  readonly directory: string
  readonly stdin: AsyncIterable<Buffer | string>
  /** Told of the bytes of a file that are done with, packed ones as they lie there. */
  readonly onBytes?: (bytes: number) => void
}

/**
 * The messages of a file or folder, or of standard input (`-`), one after the other; those that end in one piece of a file
 * together. Never throws for what is wrong with the input.
 */
export async function* messagesOf(
  name: string,
  input: MailInput,
): AsyncGenerator<readonly (FoundMessage | Unread)[]> {
  if (name === '-') {
    yield* read(input.stdin, 'standard input', false, input)
    return
  }
  const path = resolve(input.directory, name)
  let count = 0
  for (const file of mailFiles(path)) {
    count += 1
    const source = file.path === path ? name : join(name, file.path.slice(path.length))
    if (file.kind === 'fault') yield [{ kind: 'unread', source, why: file.why }]
    else yield* read(fileChunks(file.path), source, file.isMbox, input, file.bytes)
  }
  if (count === 0) yield [{ kind: 'unread', source: name, why: 'the folder holds no message' }]
}

/** The bytes that `onBytes` will be told of. What cannot be looked at counts for nothing. */
export function countBytes(names: readonly string[], { directory }: MailInput): number {
  let bytes = 0
  for (const name of names) {
    for (const file of mailFiles(resolve(directory, name))) if (file.kind === 'file') bytes += file.bytes
  }
  return bytes
}

/** `bytes`: what is counted in the end, however much of the file was looked at; without it, what was. */
async function* read(
  chunks: AsyncIterable<Buffer | string>,
  source: string,
  mustBeMbox: boolean,
  { onBytes = () => undefined }: MailInput,
  bytes?: number,
): AsyncGenerator<readonly (FoundMessage | Unread)[]> {
  const scanner = new HeaderScanner(mustBeMbox)
  let count = 0
  let counted = 0
  const name = ({ fields, fromLine }: HeaderBlock): FoundMessage => {
    count += 1
    return { kind: 'message', source: count === 1 ? source : `${source}#${count}`, fields, fromLine }
  }
  const unread = (why: string): readonly Unread[] => [{ kind: 'unread', source, why }]
  try {
    const taken = (more: number): void => {
      counted += more
      onBytes(more)
    }
    for await (const chunk of unpacked(chunks, taken)) {
      const blocks = scanner.push(chunk)
      if (blocks.length > 0) yield blocks.map(name)
      if (scanner.isDone) break
    }
    const last = scanner.end()
    if (last.length > 0) yield last.map(name)
    if (count === 0) yield unread(counted === 0 ? 'the file is empty' : 'no message is in it')
  } catch (error) {
    if (!isOfInput(error)) throw error
    yield unread(reasonOf(error))
  } finally {
    if (bytes !== undefined) onBytes(bytes - counted)
  }
}

/** What the file or the system is to blame for; anything else is a fault of ours. */
function isOfInput(error: unknown): boolean {
  return error instanceof MailDamage || (error instanceof Error && 'code' in error)
}
