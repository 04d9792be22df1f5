import { randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { refusal } from './failure'

/**
 * Writes a whole file, or leaves what was there: nobody ever reads half of it. Throws `CliFailure` where the file cannot
 * be written, and passes on what the pieces throw.
 */
export async function writeWhole(
  path: string,
  pieces: AsyncIterable<string> | Iterable<string>,
): Promise<void> {
  const beside = `${path}.${randomUUID().slice(0, 8)}.tmp`
  // Who may read a report is for its owner to say.
  const file = await named(path, open(beside, 'wx', 0o600))
  try {
    try {
      for await (const piece of pieces) await named(path, file.writeFile(piece))
      await named(path, file.sync())
    } finally {
      await file.close()
    }
    await named(path, rename(beside, path))
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
}

async function named<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    // Without the name of the file beside, which nobody knows.
    const reason = error instanceof Error ? error.message.replace(/, \w+ '.*$/s, '') : String(error)
    throw refusal(`${path} cannot be written: ${reason}`, error)
  }
}
