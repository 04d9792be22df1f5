import type { Output } from './output'

/** Often enough to look alive. */
const redrawMs = 100
const barLength = 24
/** Back to the beginning of the line, and the rest of it erased. */
const erase = '\r\x1b[K'

/** One line on a terminal that tells how far a long work is; elsewhere nothing. */
export class Progress {
  readonly #out: Output
  readonly #label: string
  readonly #total: number | null
  readonly #now: () => number
  readonly #startedAt: number
  #drawnAt = 0
  #isDrawn = false

  /** `total`: bytes to come; `null`: not known. */
  constructor(out: Output, label: string, total: number | null, now: () => number = () => performance.now()) {
    this.#out = out
    this.#label = label
    this.#total = total
    this.#now = now
    this.#startedAt = now()
  }

  /** `done`: bytes, of the total. `more`: what else there is to tell. */
  async show(done: number, more: string): Promise<void> {
    const now = this.#now()
    if (!this.#out.isTerminal || now - this.#drawnAt < redrawMs) return
    this.#drawnAt = now
    this.#isDrawn = true
    const seconds = (now - this.#startedAt) / 1000
    const text = progressText(this.#label, done, this.#total, seconds, more)
    await this.#out.write(`${erase}${text.slice(0, this.#out.columns - 1)}`)
  }

  async clear(): Promise<void> {
    if (this.#isDrawn) await this.#out.write(erase)
    this.#isDrawn = false
  }
}

/** `reading [######------] 25 %  512 MB of 2.0 GB  210 MB/s  0:07 left  120,000 messages` */
export function progressText(
  label: string,
  done: number,
  total: number | null,
  seconds: number,
  more: string,
): string {
  const rate = seconds > 0 ? done / seconds : 0
  const parts = [label]
  if (total !== null && total > 0) {
    const share = Math.min(1, done / total)
    const full = Math.floor(share * barLength)
    parts.push(`[${'#'.repeat(full)}${'-'.repeat(barLength - full)}] ${Math.floor(share * 100)} %`)
    parts.push(`${bytesText(done)} of ${bytesText(total)}`)
  } else parts.push(bytesText(done))
  parts.push(`${bytesText(rate)}/s`)
  if (total !== null && rate > 0 && seconds >= 1) parts.push(`${clockText((total - done) / rate)} left`)
  return [...parts, more].join('  ')
}

/** `512 MB`, `2.0 GB`. */
export function bytesText(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  for (; value >= 999.5 && unit < units.length - 1; unit += 1) value /= 1000
  return `${unit > 0 && value < 9.95 ? value.toFixed(1) : value.toFixed(0)} ${units[unit] ?? ''}`
}

/** `0:07`, `1:02:03`. */
function clockText(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds))
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  const two = (value: number) => String(value).padStart(2, '0')
  const rest = two(whole % 60)
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`
}
