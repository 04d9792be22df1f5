import type { ParseContext, ParseResult, RawConfig } from './parse-settings'
import { parseSettings } from './parse-settings'
import type { ConfigProblem } from './problem'
import type { Settings } from './settings'
import type { SettingsSource } from './source'
import { fileExists } from './source'

/** What the caller knows and the files do not. */
export interface LoadOptions {
  readonly productIds: ParseContext['productIds']
}

/** Reads and checks once: for the command line. */
export function loadSettings(source: SettingsSource, options: LoadOptions): ParseResult {
  return parse(source.read(), source, options)
}

/** F4: what holds while the files are invalid from the start, the defaults with `mode = off`. */
export function settingsWhenInvalid(source: SettingsSource): Settings {
  return { ...defaultSettings(source), mode: 'off' }
}

/** What holds where the files say nothing. */
export function defaultSettings(source: SettingsSource): Settings {
  const empty = { path: source.configDir, files: [], faults: [] }
  const options: LoadOptions = { productIds: null }
  const result = parse({ main: empty, connectors: empty, redisIni: empty }, source, options)
  if (!result.ok) throw new Error('The default configuration is refused', { cause: result.problems })
  return result.settings
}

function parse(raw: RawConfig, source: SettingsSource, options: LoadOptions): ParseResult {
  return parseSettings(raw, { configDir: source.configDir, fileExists, ...options })
}

export type LoadEvent =
  | { readonly kind: 'loaded' | 'reloaded'; readonly warnings: readonly ConfigProblem[] }
  /** At start the plugin stays off; at a reload the last good configuration stays. */
  | {
      readonly kind: 'refused'
      readonly keeps: 'off' | 'last good'
      readonly problems: readonly ConfigProblem[]
      readonly warnings: readonly ConfigProblem[]
    }
  /** Something that was told of the new settings threw; they hold nevertheless. */
  | { readonly kind: 'listener failed'; readonly error: unknown }

type Listener = (settings: Settings, before: Settings) => void

/** The configuration of a running plugin: always a valid one, replaced as a whole when the files change. */
export class LiveSettings {
  private settings: Settings
  private everGood = false
  private lastOk = false
  private lastSeen = ''
  private succeeded = 0
  private failed = 0
  private readonly listeners = new Set<Listener>()
  private readonly stopWatching: () => void

  /**
   * @param report is told of the first load and of each reload; it logs and counts, and must not throw
   */
  constructor(
    private readonly source: SettingsSource,
    private readonly options: LoadOptions,
    private readonly report: (event: LoadEvent) => void,
  ) {
    this.settings = settingsWhenInvalid(source)
    this.stopWatching = source.watch(() => this.load())
    this.load()
  }

  current(): Settings {
    return this.settings
  }

  /** Loads by result, the first one included. */
  reloads(): { readonly succeeded: number; readonly failed: number; readonly lastSucceeded: boolean } {
    return { succeeded: this.succeeded, failed: this.failed, lastSucceeded: this.lastOk }
  }

  /** Calls `listener` after each replacement; returns how to stop that. */
  onChange(listener: Listener): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Ends live reload. The current settings stay. */
  close(): void {
    this.stopWatching()
    this.listeners.clear()
  }

  /** haraka-config reports two files that were saved together one by one; only the first of these loads is news. */
  private load(): void {
    const raw = this.source.read()
    const result = parse(raw, this.source, this.options)
    const seen = JSON.stringify([raw, result.ok ? null : result.problems, result.warnings])
    if (seen === this.lastSeen) return
    this.lastSeen = seen
    this.lastOk = result.ok
    if (result.ok) this.accept(result.settings, result.warnings)
    else this.refuse(result.problems, result.warnings)
  }

  private accept(settings: Settings, warnings: readonly ConfigProblem[]): void {
    const first = this.succeeded + this.failed === 0
    const before = this.settings
    this.succeeded += 1
    this.everGood = true
    this.settings = settings
    this.report({ kind: first ? 'loaded' : 'reloaded', warnings })
    for (const listener of this.listeners) {
      try {
        listener(settings, before)
      } catch (error) {
        // It would end the process: haraka-config calls from a timer.
        this.report({ kind: 'listener failed', error })
      }
    }
  }

  private refuse(problems: readonly ConfigProblem[], warnings: readonly ConfigProblem[]): void {
    this.failed += 1
    this.report({ kind: 'refused', keeps: this.everGood ? 'last good' : 'off', problems, warnings })
  }
}
