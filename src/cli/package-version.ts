import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Version of the package that this command belongs to. */
export function packageVersion(): string {
  const file = join(__dirname, '..', '..', '..', 'package.json')
  const { version }: { version?: unknown } = JSON.parse(readFileSync(file, 'utf8'))
  return typeof version === 'string' ? version : 'unknown'
}
