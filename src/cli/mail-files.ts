import { createReadStream, readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Invocation } from './invocation'
import { refusal } from './failure'
import { HeaderSplitter, maxHeaderLineBytes } from './header-splitter'
import { readLines } from './lines'

/** One message, by where it was found. */
export interface FoundMessage {
  /** Path as named, with `#2` for the second message of an mbox. */
  readonly source: string
  readonly fields: readonly string[]
}

/**
 * The messages of a file, mbox or Maildir folder, or of standard input (`-`), one after the other. Throws `CliFailure` where
 * nothing can be read, or no message is there.
 */
export async function* messagesOf(name: string, invocation: Invocation): AsyncGenerator<FoundMessage> {
  if (name === '-') {
    yield* split(invocation.stdin, 'standard input')
    return
  }
  const path = resolve(invocation.directory, name)
  const files = filesOf(path, name)
  if (files.length === 0) throw refusal(`${name}: the folder holds no message`)
  for (const file of files) {
    const shown = file === path ? name : join(name, file.slice(path.length))
    try {
      yield* split(createReadStream(file), shown)
    } catch (error) {
      throw error instanceof Error && 'code' in error ? unreadable(shown, error) : error
    }
  }
}

async function* split(chunks: AsyncIterable<Buffer | string>, source: string): AsyncGenerator<FoundMessage> {
  const splitter = new HeaderSplitter()
  let count = 0
  const found = (fields: readonly string[]): FoundMessage => {
    count += 1
    return { source: count === 1 ? source : `${source}#${count}`, fields }
  }
  for await (const lines of readLines(chunks, maxHeaderLineBytes)) {
    for (const { text } of lines) {
      const fields = splitter.push(text)
      if (fields) yield found(fields)
      if (splitter.isDone) break
    }
    if (splitter.isDone) break
  }
  const last = splitter.end()
  if (last) yield found(last)
  if (count === 0) throw refusal(`${source}: no header field of a message is in it`)
}

/** A file is itself; a Maildir is its `cur` and `new`; any other folder the `.eml` files in it. */
function filesOf(path: string, name: string): readonly string[] {
  try {
    if (!statSync(path).isDirectory()) return [path]
    const entries = readdirSync(path)
    const boxes = ['cur', 'new'].filter((box) => entries.includes(box))
    if (boxes.length > 0) return boxes.flatMap((box) => filesIn(join(path, box)))
    return filesIn(path).filter((file) => file.toLowerCase().endsWith('.eml'))
  } catch (error) {
    throw unreadable(name, error)
  }
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => join(folder, entry.name))
    .sort()
}

function unreadable(name: string, error: unknown): Error {
  const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
  const why = missing ? 'there is no such file' : error instanceof Error ? error.message : String(error)
  return refusal(`${name}: ${why}`, error)
}
