import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { catalogue, gauges, type MetricDefinition } from '../../src/metrics/catalogue'
import { expose, type GaugeValues } from '../../src/metrics/exposition'
import { Recorder } from '../../src/metrics/recorder'
import { Tally } from '../../src/metrics/tally'
import { projectDir } from '../support/generate-docs'
import { isOnPath } from '../support/tools'
import { parseExposition, valueOf } from './exposition-text'

async function page(count: (recorder: Recorder) => void = () => undefined): Promise<string> {
  const tally = new Tally()
  count(new Recorder(tally))
  const gaugeOf = (definition: MetricDefinition): GaugeValues =>
    definition === gauges.buildInfo ? [[['1.2.3', 'v20.19.0'], 1]] : []
  return (await expose(tally, gaugeOf)).body
}

/** Series by name of the metric, each as its labels without `le`. */
function seriesOf(text: string): Map<string, Set<string>> {
  const { metrics, samples } = parseExposition(text)
  const found = new Map<string, Set<string>>()
  for (const sample of samples.keys()) {
    const [, full = '', labels = ''] = /^([a-z_]+)(?:\{(.*)\})?$/.exec(sample) ?? []
    const name = metrics.has(full) ? full : full.replace(/_(bucket|sum|count)$/, '')
    const own = labels
      .split(',')
      .filter((label) => !label.startsWith('le='))
      .sort()
      .join(',')
    found.set(name, (found.get(name) ?? new Set<string>()).add(own))
  }
  return found
}

describe('The metrics page', () => {
  it('shows every metric of the catalogue and no other, with help and type', async () => {
    const { metrics } = parseExposition(await page())
    assert.deepEqual(
      [...metrics].map(([name, { type, help }]) => [name, type, help]),
      catalogue.map(({ name, type, help }) => [name, type, help]),
    )
  })

  it('has every series from the start, at 0', async () => {
    const text = await page()
    const series = seriesOf(text)
    for (const definition of catalogue) {
      if (definition === gauges.buildInfo) continue
      const expected = definition.series.map((values) =>
        definition.labels
          .map(({ name }, index) => `${name}="${values[index] ?? ''}"`)
          .sort()
          .join(','),
      )
      assert.deepEqual([...(series.get(definition.name) ?? [])].sort(), expected.sort(), definition.name)
    }
    const { samples } = parseExposition(text)
    const started = [...samples].filter(([, value]) => value !== 0)
    assert.deepEqual(started, [['exchange_enforcement_build_info{version="1.2.3",node="v20.19.0"}', 1]])
  })

  it('stays small, whatever is counted', async () => {
    const text = await page((recorder) => {
      for (let stage = 0; stage < 100; stage += 1) {
        recorder.count('decisions', { stage: String(stage), action: 'defer', at: 'mail' })
      }
    })
    assert.equal(valueOf(text, 'decisions_total{stage="8",action="defer",at="mail"}'), 1)
    assert.equal(valueOf(text, 'decisions_total{stage="other",action="defer",at="mail"}'), 92)
    const { samples } = parseExposition(text)
    assert.ok(samples.size < 500, String(samples.size))
  })

  it('shows durations as cumulative buckets with their sum and count', async () => {
    const text = await page((recorder) => {
      for (const seconds of [0.0001, 0.0009, 0.001, 0.3, 7]) recorder.decisionTook('mail', seconds)
    })
    const bucket = (le: string): number =>
      valueOf(text, `decision_duration_seconds_bucket{le="${le}",hook="mail"}`)
    assert.deepEqual(['0.0001', '0.0005', '0.001', '0.2', '0.5', '+Inf'].map(bucket), [1, 1, 3, 3, 4, 5])
    assert.equal(valueOf(text, 'decision_duration_seconds_count{hook="mail"}'), 5)
    assert.ok(Math.abs(valueOf(text, 'decision_duration_seconds_sum{hook="mail"}') - 7.302) < 1e-9)
  })

  it('keeps the conventions of names', () => {
    for (const { name, type, help, labels } of catalogue) {
      assert.match(name, /^exchange_enforcement_[a-z]+(_[a-z]+)*$/)
      assert.equal(type === 'counter', name.endsWith('_total'), name)
      if (type === 'histogram') assert.match(name, /_duration_seconds$/)
      assert.match(help, /^[A-Z].*\.$/)
      for (const label of labels) assert.match(label.name, /^[a-z]+$/)
    }
  })

  if (isOnPath('promtool')) {
    it('is what promtool calls clean', async () => {
      const text = await page((recorder) => recorder.storeTook('read', 0.01))
      const promtool = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })
      assert.deepEqual([promtool.status, promtool.stdout, promtool.stderr], [0, '', ''])
    })
  }
})

describe('docs/metrics.md', () => {
  const text = readFileSync(join(projectDir, 'docs/metrics.md'), 'utf8')

  it('lists every metric with its type, labels, values and meaning, and no other', () => {
    const rows = [...text.matchAll(/^\| `(exchange_\w+)`\s*\|(.*)\|$/gm)].map(([, name = '', cells = '']) => [
      name,
      ...cells.split('|').map((cell) => cell.trim()),
    ])
    const expected = catalogue.map(({ name, type, labels, help }) => [
      name,
      type,
      labels
        .map(({ name: label, values }) =>
          typeof values === 'string' ? `\`${label}\`: ${values}` : `\`${label}\`: ${values.join(', ')}`,
        )
        .join('<br>') || '–',
      help,
    ])
    assert.deepEqual(rows, expected)
  })

  it('speaks of no metric, label or value that does not exist', () => {
    const names = catalogue.map(({ name }) => name.replace('exchange_enforcement_', ''))
    for (const [, name = '', labels = ''] of text.matchAll(
      /`(?:exchange_enforcement_)?([a-z_]+_(?:total|seconds|up|success|info|left_out|exploited)|servers|workers)(?:\{([^}]*)\})?`/g,
    )) {
      assert.ok(names.includes(name), name)
      const definition = catalogue.find((each) => each.name === `exchange_enforcement_${name}`)
      for (const [, label, value = ''] of labels.matchAll(/(\w+)="([^"]*)"/g)) {
        const values = definition?.labels.find((each) => each.name === label)?.values ?? []
        assert.ok(values.includes(value), `${name} ${label}=${value}`)
      }
    }
  })
})
