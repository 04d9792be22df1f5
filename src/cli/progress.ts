import type { Output } from './output'

/** Often enough to look alive. */
const redrawMs = 100
const barLength = 24
/** Back to the beginning of the line, and the rest of it erased. */
const erase = '\r\x1b[K'

/** One line on a terminal that tells how far a long work is; elsewhere nothing. */
export class Progress {
  readonly #out: Output
  #drawnAt = 0
  #isDrawn = false

  constructor(out: Output) {
    this.#out = out
  }

  /** `share`: how much is done, 0 to 1; `null`: not known. */
  async show(label: string, share: number | null, details: readonly string[]): Promise<void> {
    const now = performance.now()
    if (!this.#out.isTerminal || now - this.#drawnAt < redrawMs) return
    this.#drawnAt = now
    this.#isDrawn = true
    await this.#out.write(erase + progressText(label, share, details).slice(0, this.#out.columns - 1))
  }

  async clear(): Promise<void> {
    if (this.#isDrawn) await this.#out.write(erase)
    this.#isDrawn = false
  }
}

/** `reading  [######------] 50 %  512 MB of 1.0 GB` */
export function progressText(label: string, share: number | null, details: readonly string[]): string {
  if (share === null) return [label, ...details].join('  ')
  const done = Math.max(0, Math.min(1, share))
  const full = Math.floor(done * barLength)
  const bar = `[${'#'.repeat(full)}${'-'.repeat(barLength - full)}] ${Math.floor(done * 100)} %`
  return [label, bar, ...details].join('  ')
}

/** `512 MB of 2.0 GB`, `210 MB/s`, `0:07 left`. `total` null: not known. */
export function bytesDetails(done: number, total: number | null, seconds: number): readonly string[] {
  const rate = seconds > 0 ? done / seconds : 0
  const left = total !== null && rate > 0 && seconds >= 1 ? [`${clockText((total - done) / rate)} left`] : []
  const amount = total === null ? bytesText(done) : `${bytesText(done)} of ${bytesText(total)}`
  return [amount, `${bytesText(rate)}/s`, ...left]
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
