/*
 * Loaded into Haraka's processes before anything else (`--require`): the time of day is off by what the file says that the
 * environment names, in ms. Time that only runs (`performance.now`) is left alone, as by one who sets a clock.
 */
import { readFileSync } from 'node:fs'
import { clockFileVariable } from './clock-file'

const lookEveryMs = 20
const Real = Date
let shiftMs = 0

function look(): void {
  try {
    shiftMs = Number(readFileSync(process.env[clockFileVariable] ?? '', 'utf8'))
  } catch {
    // Before the file is there, the clock is right.
  }
}

look()
setInterval(look, lookEveryMs).unref()

globalThis.Date = new Proxy(Real, {
  construct: (_, given: unknown[], self) =>
    Reflect.construct(Real, given.length === 0 ? [Real.now() + shiftMs] : given, self),
  apply: () => new Real(Real.now() + shiftMs).toString(),
  get: (_, property) => (property === 'now' ? () => Real.now() + shiftMs : Reflect.get(Real, property)),
})
