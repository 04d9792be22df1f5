import { readFileSync, readdirSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'

export interface Machine {
  readonly date: string
  readonly node: string
  readonly system: string
  readonly processor: string
  /** Of one minute, before anything was measured. */
  readonly load: number
}

export function describeMachine(): Machine {
  const [first] = cpus()
  const memoryGb = Math.round(totalmem() / 2 ** 30)
  return {
    date: new Date().toISOString().slice(0, 16).replace('T', ' ') + ' UTC',
    node: process.version,
    system: `${process.platform} ${release()}`,
    processor: `${String(cpus().length)} × ${first?.model.trim() ?? 'unknown'}, ${String(memoryGb)} GB`,
    load: loadavg()[0] ?? 0,
  }
}

/** Processor time that these processes have had so far, in seconds, to the nanosecond; `null` where the system does not tell. */
export function processorSeconds(pids: readonly number[]): number | null {
  try {
    let nanoseconds = 0
    for (const pid of pids) {
      for (const task of readdirSync(`/proc/${String(pid)}/task`)) {
        const text = readFileSync(`/proc/${String(pid)}/task/${task}/schedstat`, 'utf8')
        nanoseconds += Number(text.split(' ')[0])
      }
    }
    return nanoseconds / 1e9
  } catch {
    return null
  }
}

/** Memory that a process occupies, in MB; `null` where the system does not tell. */
export function residentMb(pid: number): number | null {
  try {
    const found = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))
    return found ? Number(found[1]) / 1024 : null
  } catch {
    return null
  }
}
