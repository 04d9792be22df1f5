import { closeSync, openSync, readSync } from 'node:fs'
import { open } from 'node:fs/promises'

/** Holds all of most messages, and more than the header of any. */
const firstBytes = 64 * 1024
const chunkBytes = 1024 * 1024

/**
 * A file from its beginning, each chunk good until the next is asked for. Small files, of which a Maildir has many, are read
 * at once: that takes a fraction of the time.
 */
export async function* fileChunks(path: string): AsyncGenerator<Buffer> {
  const first = Buffer.allocUnsafe(firstBytes)
  const file = openSync(path, 'r')
  let length: number
  try {
    length = readSync(file, first, 0, firstBytes, null)
  } finally {
    closeSync(file)
  }
  if (length > 0) yield first.subarray(0, length)
  if (length < firstBytes) return
  yield* restOf(path, length)
}

async function* restOf(path: string, from: number): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafe(chunkBytes)
  const file = await open(path, 'r')
  try {
    for (let at = from; ;) {
      const { bytesRead } = await file.read(buffer, 0, chunkBytes, at)
      if (bytesRead === 0) return
      at += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}
