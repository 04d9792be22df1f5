/** What the measuring plugin calls itself in `config/plugins`. */
export const stopwatchName = 'stopwatch'

/** Below this a hook is not written down. */
const notedFromMs = 10

/*
 * Around our hooks: logs every one that took longer, the time left out in which the process did not run at all (on a
 * busy machine that is no fault of a hook).
 */
export const stopwatchSource = `
const { performance } = require('node:perf_hooks')
let stalled = 0
let ticked = performance.now()
const look = () => {
  const now = performance.now()
  stalled += Math.max(0, now - ticked - 15)
  ticked = now
}
setInterval(look, 5).unref()
const begun = new WeakMap()
const begin = (next, connection) => {
  look()
  begun.set(connection, [performance.now(), stalled])
  next()
}
const end = (plugin, connection) => {
  look()
  const started = begun.get(connection)
  begun.delete(connection)
  if (!started) return
  const took = performance.now() - started[0] - (stalled - started[1])
  if (took > ${notedFromMs}) plugin.lognotice('hook took ' + took.toFixed(1) + ' ms')
}
exports.register = function () {
  this.register_hook('mail', 'begin_mail', -50)
  this.register_hook('mail', 'end_hook', 50)
  this.register_hook('data_post', 'begin_data', -51)
  this.register_hook('data_post', 'end_hook', -49)
  this.register_hook('deny', 'end_hook', -101)
}
exports.begin_mail = (next, connection) => begin(next, connection)
exports.begin_data = (next, connection) => begin(next, connection)
exports.end_hook = function (next, connection) {
  end(this, connection)
  next()
}
`

/** The slow hooks of a log in ms, slowest first. */
export function slowHooks(log: string): number[] {
  return [...log.matchAll(/hook took ([\d.]+) ms/g)]
    .map(([, ms]) => Number(ms))
    .sort((left, right) => right - left)
}

/** That part of all hooks took no longer than this, in ms. `slow` are the slowest of them, slowest first. */
export function quantile(slow: readonly number[], all: number, part: number): number {
  return slow[Math.floor(all * (1 - part))] ?? notedFromMs
}
