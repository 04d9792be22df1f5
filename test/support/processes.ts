import { readFileSync, readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

export interface RunningProcess {
  readonly pid: number
  readonly command: string
}

/** Whether a process of this id runs. One that has ended but was not yet taken notice of (a zombie) does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    if (process.platform !== 'linux') return true
    // "PID (COMMAND) STATE …", where the command may hold anything.
    return !/^.*\) [ZX] /s.test(readFileSync(`/proc/${String(pid)}/stat`, 'utf8'))
  } catch {
    return false
  }
}

export function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It ended in between, which is what the caller is after or will notice.
  }
}

/**
 * Processes that were started with `name=value` in their environment, this one left out: children, their
 * children, and those whose parent has died. Only Linux shows another process's environment; elsewhere the list
 * is empty.
 */
export function processesWithEnvironment(name: string, value: string): RunningProcess[] {
  if (process.platform !== 'linux') return []
  const wanted = `${name}=${value}`
  const found: RunningProcess[] = []
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry)
    if (!Number.isInteger(pid) || pid === process.pid) continue
    try {
      if (!readFileSync(`/proc/${entry}/environ`, 'utf8').split('\0').includes(wanted)) continue
      const command = readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0').join(' ').trim()
      found.push({ pid, command })
    } catch {
      // It ended while the list was read, or it belongs to another user.
    }
  }
  return found
}

/** Asks until the answer is yes; false where `timeoutMs` passed first. */
export async function becomesTrue(
  question: () => boolean | Promise<boolean>,
  timeoutMs: number,
  everyMs = 20,
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  while (performance.now() < deadline) {
    if (await question()) return true
    await sleep(everyMs)
  }
  return await question()
}
