import { AggregatorRegistry, type PrometheusContentType, type Registry } from 'prom-client'
import { catalogue, type HistogramDefinition, type MetricDefinition } from './catalogue'
import { slotName, type Tally } from './tally'

/** Of a gauge: what holds now, by the values of its labels. */
export type GaugeValues = readonly (readonly [series: readonly string[], value: number])[]

interface Sample {
  readonly value: number
  readonly labels: Readonly<Record<string, string>>
  readonly metricName?: string
}

/** The page for Prometheus, text format 0.0.4. `gaugeOf` is asked for every gauge; a series without a value is 0. */
export async function expose(
  tally: Tally,
  gaugeOf: (definition: MetricDefinition) => GaugeValues,
): Promise<{ readonly contentType: string; readonly body: string }> {
  const metrics = catalogue.map((definition) => ({
    name: definition.name,
    help: definition.help,
    type: definition.type,
    aggregator: 'sum',
    values: samplesOf(definition, tally, gaugeOf),
  }))
  // Our figures are sums already; of prom-client's aggregation only the registry that it fills is of use here.
  const registry: Registry<PrometheusContentType> = AggregatorRegistry.aggregate<PrometheusContentType>([
    metrics,
  ])
  return { contentType: registry.contentType, body: await registry.metrics() }
}

function samplesOf(
  definition: MetricDefinition,
  tally: Tally,
  gaugeOf: (definition: MetricDefinition) => GaugeValues,
): readonly Sample[] {
  switch (definition.type) {
    case 'counter':
      return definition.series.map((series) => ({
        value: tally.value(tally.slot(slotName(definition, series))),
        labels: labelled(definition, series),
      }))
    case 'histogram':
      return definition.series.flatMap((series) => bucketsOf(definition, series, tally))
    case 'gauge': {
      const samples = new Map<string, Sample>()
      for (const [series, value] of [
        ...definition.series.map((each) => [each, 0] as const),
        ...gaugeOf(definition),
      ]) {
        samples.set(JSON.stringify(series), { value, labels: labelled(definition, series) })
      }
      return [...samples.values()]
    }
  }
}

function bucketsOf(definition: HistogramDefinition, series: readonly string[], tally: Tally): Sample[] {
  const labels = labelled(definition, series)
  const first = tally.histogramSlot(definition, series)
  let seen = 0
  const samples: Sample[] = [...definition.buckets.map(String), '+Inf'].map((le, index) => {
    seen += tally.value(first + index)
    return { value: seen, labels: { le, ...labels }, metricName: `${definition.name}_bucket` }
  })
  const sum = tally.value(first + definition.buckets.length + 1)
  return [
    ...samples,
    { value: sum, labels, metricName: `${definition.name}_sum` },
    { value: seen, labels, metricName: `${definition.name}_count` },
  ]
}

function labelled(definition: MetricDefinition, series: readonly string[]): Record<string, string> {
  return Object.fromEntries(definition.labels.map((label, index) => [label.name, series[index] ?? '']))
}
