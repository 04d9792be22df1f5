/** A page of Prometheus' text format, taken apart. */
export interface Exposed {
  /** By name: what HELP and TYPE say. */
  readonly metrics: ReadonlyMap<string, { readonly type: string; readonly help: string }>
  /** By `name{label="value",…}`, labels as they stand. */
  readonly samples: ReadonlyMap<string, number>
}

export function parseExposition(text: string): Exposed {
  const help = new Map<string, string>()
  const metrics = new Map<string, { type: string; help: string }>()
  const samples = new Map<string, number>()
  for (const line of text.split('\n')) {
    const comment = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line)
    if (comment) {
      const [, kind, name = '', rest = ''] = comment
      if (kind === 'HELP') help.set(name, rest)
      else metrics.set(name, { type: rest, help: help.get(name) ?? '' })
    } else if (line !== '') {
      const sample = /^([a-z_]+(?:\{[^}]*\})?) (\S+)$/.exec(line)
      if (!sample) throw new Error(`not a line of the text format: ${line}`)
      const [, name = '', value] = sample
      if (samples.has(name)) throw new Error(`twice: ${line}`)
      samples.set(name, Number(value))
    }
  }
  return { metrics, samples }
}

/** The value of one series of ours, named without the prefix. */
export function valueOf(text: string, name: string): number {
  const value = parseExposition(text).samples.get(`exchange_enforcement_${name}`)
  if (value === undefined) throw new Error(`there is no ${name}`)
  return value
}
