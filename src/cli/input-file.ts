import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import { refusal } from './failure'
import type { Invocation } from './invocation'

/** A file as messages call it. */
export function inputName(name: string): string {
  return name === '-' ? 'standard input' : name
}

/** All bytes of a file, or of standard input (`-`). Throws `CliFailure` where it cannot be read or is too large. */
export async function readInput(name: string, maxBytes: number, invocation: Invocation): Promise<Buffer> {
  const chunks: AsyncIterable<Buffer | string> =
    name === '-' ? invocation.stdin : createReadStream(resolve(invocation.directory, name))
  try {
    return await wholeOf(chunks, maxBytes, inputName(name))
  } catch (error) {
    if (error instanceof Error && 'code' in error) {
      throw refusal(`${inputName(name)}: cannot be read (${String(error.code)})`, error)
    }
    throw error
  }
}

/** Throws `CliFailure` as soon as there are more than `maxBytes`. */
export async function wholeOf(
  chunks: AsyncIterable<Buffer | Uint8Array | string>,
  maxBytes: number,
  name: string,
): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunks) {
    const part = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    size += part.length
    if (size > maxBytes) throw refusal(`${name}: has more than ${maxBytes} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts)
}
