import { formatKey } from '../store/keys'
import type { RecordKey, RecordKind, Store } from '../store/store'
import type { ExitCode } from './failure'
import type { Invocation } from './invocation'
import { printable } from '../rules/decision/printable'
import { writeStateLine } from './state-line'

const pageRecords = 100

/** Every record, by kind and in the order of the keys, whatever order the backend lists them in. */
export async function exportState(store: Store, invocation: Invocation): Promise<ExitCode> {
  const results = [
    await exportKind('tenant', store, invocation),
    await exportKind('server', store, invocation),
    await exportKind('path', store, invocation),
    await exportKind('contact', store, invocation),
  ]
  return results.every(Boolean) ? 0 : 1
}

/** Only keys are held, since records may be many; says whether all could be read. */
async function exportKind<K extends RecordKind>(
  kind: K,
  store: Store,
  { out, err }: Invocation,
): Promise<boolean> {
  const keys = new Map<string, RecordKey<K>>()
  for await (const { key } of store.list(kind)) keys.set(formatKey('', key), key)
  const names = [...keys.keys()].sort()
  let allGood = true
  for (let from = 0; from < names.length; from += pageRecords) {
    const page = names.slice(from, from + pageRecords).flatMap((name) => keys.get(name) ?? [])
    let lines = ''
    for (const key of page) {
      const stored = await store.read(key)
      if (stored.state === 'present') lines += `${writeStateLine(key, stored.value)}\n`
      if (stored.state !== 'unreadable') continue
      allGood = false
      await err.line(`left out: ${printable(formatKey('', key).slice(1))}: ${printable(stored.why)}`)
    }
    await out.write(lines)
  }
  return allGood
}
