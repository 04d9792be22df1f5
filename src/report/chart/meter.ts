import { scaleLinear } from 'd3-scale'
import { html, type Html } from '../page/html'
import { px } from './figure'

const width = 200
const height = 10

/** How much of something is used up; `label` says it in words. */
export function meter(used: number, allowed: number, label: string): Html {
  const x = scaleLinear()
    .domain([0, Math.max(1, allowed)])
    .range([0, width])
    .clamp(true)
  return html`<svg
    class="meter"
    viewBox="0 0 ${width} ${height}"
    preserveAspectRatio="none"
    role="img"
    aria-label="${label}"
  >
    <title>${label}</title>
    <rect class="bar-all" width="${width}" height="${height}" />
    <rect class="bar-part" width="${px(x(used))}" height="${height}" />
  </svg>`
}
