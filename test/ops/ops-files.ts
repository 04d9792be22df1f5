import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { catalogue, prefix, type MetricDefinition } from '../../src/metrics/catalogue'
import { projectDir } from '../support/generate-docs'

export const ruleFile = join(projectDir, 'docs', 'ops', 'alert-rules.yaml')
export const ruleTestFile = join(projectDir, 'docs', 'ops', 'alert-rules.test.yaml')
export const dashboardFile = join(projectDir, 'docs', 'ops', 'grafana-dashboard.json')
export const runbookFile = join(projectDir, 'docs', 'operations.md')

export interface DataSource {
  readonly type: string
  readonly uid: string
}

export interface Target {
  readonly refId: string
  readonly expr: string
  readonly legendFormat: string
  readonly datasource: DataSource
}

export interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly datasource?: DataSource
  readonly targets?: readonly Target[]
}

export interface Dashboard {
  readonly uid: string
  readonly id: null
  readonly title: string
  readonly schemaVersion: number
  readonly panels: readonly Panel[]
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string; readonly definition?: string }[]
  }
}

export function readDashboard(): Dashboard {
  const dashboard: Dashboard = JSON.parse(readFileSync(dashboardFile, 'utf8'))
  return dashboard
}

export function targetsOf(dashboard: Dashboard): readonly Target[] {
  return dashboard.panels.flatMap(({ targets = [] }) => targets)
}

/** As Grafana sends it, for all hosts and the last 30 seconds. */
export function asSent(expression: string): string {
  return expression.replaceAll('$instance', '.*').replaceAll('$__rate_interval', '30s')
}

/** `name{label="value"}` as it stands somewhere in a text. */
export interface Selector {
  readonly text: string
  readonly name: string
  readonly matchers: readonly { readonly label: string; readonly values: readonly string[] }[]
}

export function selectorsIn(text: string): readonly Selector[] {
  const found = text.matchAll(new RegExp(`${prefix}[a-z_]+(?:\\{([^}]*)\\})?`, 'g'))
  return [...found].map(([whole, inside = '']) => ({
    text: whole,
    name: whole.replace(/\{.*/, ''),
    matchers: [...inside.matchAll(/(\w+)(=~|!~|!=|=)"([^"]*)"/g)].map(
      ([, label = '', operator, value = '']) => ({
        label,
        values: operator === '=~' || operator === '!~' ? value.split('|') : [value],
      }),
    ),
  }))
}

export function definitionOf(name: string): MetricDefinition | undefined {
  return (
    catalogue.find((definition) => definition.name === name) ??
    catalogue.find(
      (definition) =>
        definition.type === 'histogram' &&
        ['_bucket', '_sum', '_count'].some((ending) => `${definition.name}${ending}` === name),
    )
  )
}

/** Labels that Prometheus adds. */
const scrapeLabels = ['job', 'instance']

/** What is wrong with a selector, in words; nothing where the catalogue has all of it. */
export function strangenessOf({ text, name, matchers }: Selector): string[] {
  const definition = definitionOf(name)
  if (!definition) return [`there is no ${name}`]
  return matchers
    .filter(({ label }) => !scrapeLabels.includes(label))
    .flatMap(({ label, values }) => {
      const known = definition.labels.find((each) => each.name === label)?.values
      if (known === undefined) return [`${text}: there is no label ${label}`]
      return values
        .filter((value) => typeof known !== 'string' && !known.includes(value))
        .map((value) => `${text}: ${label} is never ${value}`)
    })
}
