import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

/** What a file that is packed by gzip begins with. */
const magic = Buffer.from([0x1f, 0x8b])

/**
 * What is packed by gzip is unpacked, whatever the file is called; `onTaken` is told of the bytes taken, packed as they come. A
 * chunk may be used otherwise when the next is asked for.
 */
export async function* unpacked(
  chunks: AsyncIterable<Buffer | string>,
  onTaken: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  const taken = counted(chunks, onTaken)
  let first: Buffer = Buffer.alloc(0)
  while (first.length < magic.length) {
    const next = await taken.next()
    if (next.done === true) break
    first = first.length === 0 ? next.value : Buffer.concat([first, next.value])
  }
  const rest = startingWith(first, taken)
  if (!first.subarray(0, magic.length).equals(magic)) {
    yield* rest
    return
  }
  const gunzip = createGunzip({ chunkSize: 256 * 1024 })
  const packed = Readable.from(copied(rest), { objectMode: false })
  // An error of the source is to be heard by whoever reads.
  packed.on('error', (error) => gunzip.destroy(error))
  try {
    for await (const chunk of packed.pipe(gunzip)) if (Buffer.isBuffer(chunk)) yield chunk
  } finally {
    packed.destroy()
  }
}

async function* counted(
  chunks: AsyncIterable<Buffer | string>,
  onTaken: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    onTaken(chunk.length)
    if (chunk.length > 0) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
  }
}

async function* startingWith(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first
  yield* rest
}

/** A stream reads ahead, when a chunk may be used otherwise already. */
async function* copied(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) yield Buffer.from(chunk)
}
