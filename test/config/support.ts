import type { ParseContext, ParseResult, RawConfig, RawSource } from '../../src/config/parse-settings'
import { parseSettings } from '../../src/config/parse-settings'
import type { Settings } from '../../src/config/settings'
import { formatProblem } from '../../src/config/problem'

export interface Files {
  readonly main?: string
  readonly connectors?: string
  readonly redis?: string
}

export const context: ParseContext = {
  configDir: '/etc/haraka/config',
  fileExists: (path) => path === '/etc/haraka/config/ca.pem',
  productIds: ['exchange-2016', 'exchange-2019', 'exchange-se'],
}

function source(path: string, text: string | undefined): RawSource {
  return { path, files: text === undefined ? [] : [{ path, text }], faults: [] }
}

export function rawConfig({ main, connectors, redis }: Files): RawConfig {
  return {
    main: source('main.ini', main),
    connectors: source('connectors.ini', connectors),
    redisIni: source('redis.ini', redis),
  }
}

export function parse(files: Files, over: Partial<ParseContext> = {}): ParseResult {
  return parseSettings(rawConfig(files), { ...context, ...over })
}

export function settingsOf(files: Files): Settings {
  const result = parse(files)
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join('\n'))
  return result.settings
}

export function problemsOf(files: Files, over: Partial<ParseContext> = {}): readonly string[] {
  const result = parse(files, over)
  return result.ok ? [] : result.problems.map(formatProblem)
}

export function warningsOf(files: Files): readonly string[] {
  return parse(files).warnings.map(formatProblem)
}
