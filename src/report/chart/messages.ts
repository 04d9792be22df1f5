import { scaleBand, scaleLinear } from 'd3-scale'
import { stack } from 'd3-shape'
import { dayMs, dayOf, type Day } from '../../rules/time'
import type { DayTotal } from '../explanation'
import { html, type Html } from '../page/html'
import { table } from '../page/table'
import { number } from '../page/words'
import { figure, px } from './figure'

const outcomes = ['accepted', 'deferred', 'refused'] as const
type Outcome = (typeof outcomes)[number]
type Heights = Readonly<Record<Outcome, number>>

const width = 900
const height = 220
const inner = { left: 46, right: width - 4, top: 10, bottom: height - 24 }
/** A young memory fills at least the left-out part with emptiness; an old one is cut. */
const leastDays = 14
const mostDays = 60
/** However few, what was turned away is seen. */
const leastHeight = 2

/** Messages of every day up to `at`, by what became of them. `id`: unique on its page; `most`: days that are drawn. */
export function messagesChart(id: string, days: readonly DayTotal[], at: number, most = mostDays): Html {
  const shown = everyDay(days, at, most)
  const highest = Math.max(
    1,
    ...shown.map(({ accepted, deferred, refused }) => accepted + deferred + refused),
  )
  const x = scaleBand<Day>()
    .domain(shown.map(({ day }) => day))
    .range([inner.left, inner.right])
    .paddingInner(0.2)
  const y = scaleLinear().domain([0, highest]).nice(4).range([inner.bottom, inner.top])
  const tall = (count: number): number => (count === 0 ? 0 : Math.max(leastHeight, inner.bottom - y(count)))
  const heights = shown.map(({ accepted, deferred, refused }): Heights => ({
    accepted: tall(accepted),
    deferred: tall(deferred),
    refused: tall(refused),
  }))
  const series = stack<Heights, Outcome>().keys(outcomes)(heights)
  const ticks = y.ticks(4).filter((tick) => Number.isInteger(tick))
  const bar = (total: DayTotal, place: number): Html | null => {
    if (total.accepted + total.deferred + total.refused === 0) return null
    const left = px(x(total.day) ?? 0)
    const parts = series.map(({ key, [place]: part }) => {
      const [from = 0, to = 0] = part ?? []
      const box = `M${left} ${px(inner.bottom - from)}h${px(x.bandwidth())}v${px(from - to)}H${left}z`
      return to > from && html`<path class="${key}" d="${box}" />`
    })
    return html`<g><title>${`${total.day}: ${sentence(total)}`}</title>${parts}</g>`
  }
  const sum = sumOf(shown)
  return figure({
    id,
    title: 'Messages by day',
    description: `The last ${shown.length} days: ${sentence(sum)}.`,
    width,
    height,
    drawing: [
      ticks.map(
        (tick) =>
          html`<g class="grid"
            ><line x1="${inner.left}" x2="${inner.right}" y1="${px(y(tick))}" y2="${px(y(tick))}" /><text
              class="y"
              x="${inner.left - 6}"
              y="${px(y(tick) + 4)}"
              >${short(tick)}</text
            ></g
          >`,
      ),
      shown.map(bar),
      labelled(shown).map(
        ({ day, anchor }) =>
          html`<text
            class="x ${anchor}"
            x="${px((x(day) ?? 0) + (anchor === 'end' ? x.bandwidth() : 0))}"
            y="${height - 6}"
            >${dateLabel(day)}</text
          >`,
      ),
    ],
    legend: outcomes.map((outcome) => [outcome, `${outcome} ${number(sum[outcome])}`]),
    table: table({
      caption: null,
      columns: [
        { heading: 'day', cell: ({ day }) => day },
        ...outcomes.map((outcome) => ({
          heading: outcome,
          kind: 'number' as const,
          cell: (total: DayTotal) => number(total[outcome]),
        })),
      ],
      rows: [...days].reverse(),
      empty: 'No message yet.',
    }),
  })
}

/** Days without messages as well, so that time runs evenly. */
function everyDay(days: readonly DayTotal[], at: number, most: number): readonly DayTotal[] {
  const known = new Map(days.map((total) => [total.day, total]))
  const first = days[0] ? Date.parse(days[0].day) : at
  const reach = Math.floor((at - first) / dayMs) + 1
  const count = Math.min(most, Math.max(leastDays, reach))
  return Array.from({ length: count }, (_, place) => {
    const day = dayOf(at - (count - 1 - place) * dayMs)
    return known.get(day) ?? { day, accepted: 0, deferred: 0, refused: 0 }
  })
}

function sumOf(days: readonly DayTotal[]): Record<Outcome, number> {
  const sum = { accepted: 0, deferred: 0, refused: 0 }
  for (const total of days) for (const outcome of outcomes) sum[outcome] += total[outcome]
  return sum
}

function sentence(counts: Readonly<Record<Outcome, number>>): string {
  return outcomes.map((outcome) => `${number(counts[outcome])} ${outcome}`).join(', ')
}

/** Both ends, and the middle where there is room. */
function labelled(days: readonly DayTotal[]): readonly { day: Day; anchor: 'start' | 'middle' | 'end' }[] {
  const places = [0, Math.floor((days.length - 1) / 2), days.length - 1]
  const anchors = ['start', 'middle', 'end'] as const
  return places.flatMap((place, at) => {
    const day = days[place]?.day
    const anchor = anchors[at]
    return day === undefined || anchor === undefined ? [] : { day, anchor }
  })
}

const monthAndDay = new Intl.DateTimeFormat('en-US', { day: 'numeric', month: 'short', timeZone: 'UTC' })

/** `Nov 20`. */
export function dateLabel(day: Day): string {
  return monthAndDay.format(Date.parse(day))
}

const compact = new Intl.NumberFormat('en', { notation: 'compact' })

function short(value: number): string {
  return compact.format(value)
}
