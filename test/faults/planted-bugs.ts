/** A bug as somebody might write it, and who must find it. */
export interface PlantedBug {
  readonly name: string
  /** From the project's root. */
  readonly file: string
  /** Stands there exactly once. */
  readonly find: string
  readonly replace: string
  /** A fault of this suite, or tests whose path holds this. */
  readonly finder: { readonly fault: string } | { readonly test: string }
}

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'a missing guard after an await: the client has hung up meanwhile',
    file: 'src/haraka/hook.ts',
    find: 'return transaction !== null && connection.transaction === transaction',
    replace: 'return transaction !== null && connection !== null',
    finder: { test: 'haraka/hook' },
  },
  {
    name: 'an EHLO name that reaches texts unescaped',
    file: 'src/rules/decision/clean-text.ts',
    find: 'const unclean = /[^\\x20-\\x7e]/',
    replace: 'const unclean = /[^\\s\\S]/',
    finder: { test: 'security/wire' },
  },
  {
    name: 'a page that takes the name of a server for markup',
    file: 'src/report/page/html.ts',
    find: "'<': '&lt;',",
    replace: "'<': '<',",
    finder: { test: 'security/pages' },
  },
  {
    name: 'a notice that shows what turns the direction of a text',
    file: 'src/rules/decision/printable.ts',
    find: '\\p{Cf}',
    replace: '',
    finder: { test: 'security/notices' },
  },
  {
    name: 'a clock that is not atomic: Redis writes without looking at the version',
    file: 'src/store/redis.ts',
    find: 'if version ~= ARGV[1] then return 0 end',
    replace: 'if version == ARGV[1] then return 1 end',
    finder: { test: 'contract/store' },
  },
  {
    name: 'no deadline: a call to the store is waited for as long as it takes',
    file: 'src/store/guarded.ts',
    find: 'const cancel = this.#schedule(timeoutMs, () =>',
    replace: 'const cancel = this.#schedule(timeoutMs * 100, () =>',
    finder: { test: 'store/guarded' },
  },
  {
    name: 'a hook without a deadline of its own, where nothing else stops waiting',
    file: 'src/haraka/hook.ts',
    find: '}, timeoutMs)',
    replace: '}, timeoutMs * 100)',
    finder: { test: 'haraka/hook' },
  },
  {
    name: 'unknown pauses count as none: under a fault a paused tenant is turned away',
    file: 'src/enforcement/recall.ts',
    find: "return known?.state === 'absent' ?",
    replace: "return known?.state !== 'present' ?",
    finder: { test: 'enforcement/faults' },
  },
  {
    name: 'a flush that moves clocks',
    file: 'src/enforcement/gatherer.ts',
    find: 'lastSeenAt: Math.max(record.lastSeenAt, news.lastSeenAt),',
    replace:
      "lastSeenAt: Math.max(record.lastSeenAt, news.lastSeenAt),\n    clock: record.clock.state === 'running' ? { ...record.clock, startedAt: record.clock.startedAt + 1 } : record.clock,",
    // One that outlasts the time between two flushes.
    finder: { fault: 'settings-broken' },
  },
  {
    name: 'forged reporting fields survive',
    file: 'src/haraka/header.ts',
    find: 'if (isReportingField(field)) continue',
    replace: "if (isReportingField('')) continue",
    finder: { test: 'e2e/header' },
  },
  {
    name: 'a rejection that nobody hears: a full disk under LMDB ends the worker',
    file: 'src/store/lmdb.ts',
    find: 'const cause = await causeOf(error)',
    replace: 'const cause: unknown = error',
    finder: { fault: 'lmdb-full-disk' },
  },
  {
    name: 'memory is never read afresh before a sender is turned away: a pause comes too late',
    file: 'src/store/kind-cache.ts',
    find: 'const held = fresh ? null : this.#servable(nameOf(key), now)',
    replace: 'const held = this.#servable(nameOf(key), now)',
    finder: { test: 'store/cached' },
  },
  {
    name: 'a clock that jumped is believed',
    file: 'src/haraka/clock-watch.ts',
    find: 'return this.agrees && !this.hasJumped()',
    replace: 'return true',
    finder: { fault: 'clock-two-days-ahead-lmdb' },
  },
  {
    name: 'memory speaks for a path though not all of its servers are to be turned away',
    file: 'src/rules/decision/path.ts',
    find: 'return decisions.every((each) => each.decision.action === action) ? first : null',
    replace: 'return decisions.some((each) => each.decision.action === action) ? first : null',
    finder: { test: 'spec/S' },
  },
]
