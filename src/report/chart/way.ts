import { scaleLinear, scaleUtc } from 'd3-scale'
import { area, curveStepAfter } from 'd3-shape'
import type { Pause } from '../../rules/clock/record'
import { dayMs, dayOf } from '../../rules/time'
import type { StageDate } from '../explanation'
import { html, type Html } from '../page/html'
import { counted, demands } from '../page/words'
import { figure, px } from './figure'
import { dateLabel } from './messages'

const width = 900
const height = 230
const inner = { left: 46, right: width - 8, top: 44, bottom: height - 26 }
/** The last stage has no end: so much of it is drawn, in parts of what comes before. */
const tailPart = 0.12
const roomForNumber = 14
const roomForDate = 40
/** On a narrow screen letters are larger beside the drawing. */
const roomForLargeDate = 96

/** A stage as far as it is drawn; one that a relapse has jumped over has no width. */
interface Step {
  readonly date: StageDate
  readonly from: number
  readonly until: number
}

/** The way of a running clock through its stages, with today, and pauses during which the clock stands. */
export function wayChart(
  id: string,
  stages: readonly StageDate[],
  pauses: readonly Pause[],
  elapsedMs: number,
  at: number,
): Html {
  const begins = stages[0]?.at ?? at
  const last = stages.at(-1)?.at ?? at
  const tail = Math.max(5 * dayMs, (last - begins) * tailPart)
  const ends = last + tail
  const steps = stages.map((date, place): Step => ({
    date,
    from: date.at,
    until: stages[place + 1]?.at ?? ends,
  }))
  const drawn = steps.filter(({ from, until }) => until > from)
  const x = scaleUtc().domain([begins, ends]).range([inner.left, inner.right]).clamp(true)
  const y = scaleLinear().domain([0, 60]).range([inner.bottom, inner.top])
  const minutes = [...drawn, ...drawn.slice(-1).map((step) => ({ ...step, from: ends }))]
  const between = (low: (step: Step) => number, high: (step: Step) => number): string =>
    area<Step>()
      .x(({ from }) => px(x(from)))
      .y0((step) => px(y(low(step))))
      .y1((step) => px(y(high(step))))
      .curve(curveStepAfter)(minutes) ?? ''
  const deferred = ({ date }: Step): number => date.stage.deferMinutes
  const all = ({ date }: Step): number => date.stage.deferMinutes + date.stage.refuseMinutes
  const days = Math.floor(elapsedMs / dayMs)
  const now = px(x(at))
  return figure({
    id,
    title: 'The way through the stages',
    description: `Minutes of each hour in which mail is turned away, from ${dayOf(begins)} on; today is day ${days}.`,
    width,
    height,
    drawing: [
      html`<defs
        ><pattern
          id="${id}-pause"
          width="6"
          height="6"
          patternUnits="userSpaceOnUse"
          patternTransform="rotate(45)"
          ><rect class="pause-line" width="2" height="6" /></pattern
      ></defs>`,
      [0, 30, 60].map(
        (tick) =>
          html`<g class="grid"
            ><line x1="${inner.left}" x2="${inner.right}" y1="${px(y(tick))}" y2="${px(y(tick))}" /><text
              class="y"
              x="${inner.left - 6}"
              y="${px(y(tick) + 4)}"
              >${tick}</text
            ></g
          >`,
      ),
      drawn.map(({ date, from, until }, place) =>
        stageStrip(date, x(from), x(until), at >= from && at < until, place),
      ),
      html`<path class="deferred" d="${between(() => 0, deferred)}" />`,
      html`<path class="refused" d="${between(deferred, all)}" />`,
      pauses.map((pause) => pauseBand(pause, `${id}-pause`, x(pause.from), x(pause.until))),
      drawn.map((step) => boundary(step, x(step.from), x(step.until))),
      html`<g class="today"
        ><line x1="${now}" x2="${now}" y1="${inner.top - 22}" y2="${inner.bottom}" /><text
          class="${anchorAt(now)}"
          x="${now}"
          y="${inner.top - 27}"
          >${at > ends ? `day ${days}, beyond the drawing` : `today, day ${days}`}</text
        ></g
      >`,
    ],
    legend: [
      ['deferred', 'minutes of each hour deferred'],
      ['refused', 'refused'],
      ...(pauses.some(({ from, until }) => until > begins && from < ends)
        ? [['pause-swatch', 'paused: the clock stands'] as const]
        : []),
    ],
    table: null,
  })
}

/** Number of the stage above the drawing; every other one is shaded, so that they are told apart where nothing is demanded. */
function stageStrip(date: StageDate, from: number, until: number, isNow: boolean, place: number): Html {
  const { stage } = date
  const kind = `${place % 2 === 0 ? 'even' : 'odd'}${isNow ? ' current' : ''}`
  return html`<g class="stage-strip ${kind}"
    ><title>${`Stage ${stage.stage} from ${dayOf(date.at)}: ${demands(stage)}`}</title
    ><rect
      x="${px(from)}"
      y="${inner.top - 18}"
      width="${px(until - from)}"
      height="${inner.bottom - inner.top + 18}"
    />${
      until - from >= roomForNumber &&
      html`<text class="middle" x="${px((from + until) / 2)}" y="${inner.top - 5}">${stage.stage}</text>`
    }</g
  >`
}

function boundary({ date }: Step, from: number, until: number): Html | null {
  if (until - from < roomForDate) return null
  const kind = until - from < roomForLargeDate ? 'x start crowded' : 'x start'
  return html`<text class="${kind}" x="${px(from)}" y="${height - 8}">${dateLabel(dayOf(date.at))}</text>`
}

function pauseBand({ from, days, reason }: Pause, pattern: string, left: number, right: number): Html | null {
  if (right - left < 0.5) return null
  return html`<g class="pause"
    ><title>${`Paused for ${counted(days, 'day')} from ${dayOf(from)}: ${reason}`}</title
    ><rect
      fill="url(#${pattern})"
      x="${px(left)}"
      y="${inner.top}"
      width="${px(right - left)}"
      height="${inner.bottom - inner.top}"
  /></g>`
}

function anchorAt(x: number): 'start' | 'middle' | 'end' {
  if (x < inner.left + 60) return 'start'
  return x > inner.right - 60 ? 'end' : 'middle'
}
