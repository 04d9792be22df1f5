import assert from 'node:assert/strict'
import { AttentionList } from '../../src/metrics/attention'
import { gauges, type MetricDefinition } from '../../src/metrics/catalogue'
import { expose, type GaugeValues } from '../../src/metrics/exposition'
import { Tally } from '../../src/metrics/tally'
import { promtool } from '../support/prometheus'
import { evidenceOf, serverRecord } from '../support/records'
import { isOnPath } from '../support/tools'
import { payloads } from './payloads'

/** What no label may hold; a quote or backslash within is escaped. */
const label = /^(?:[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}"\\]|\\\\|\\"){1,510}$/u

async function pageOf(texts: readonly string[]): Promise<string> {
  const list = new AttentionList(texts.length)
  for (const text of texts) {
    const lastEvidence = evidenceOf({ build: text })
    list.offer(serverRecord(text, { tenant: text, lastEvidence }), { status: 'compliant', stage: null })
  }
  const gaugeOf = (definition: MetricDefinition): GaugeValues =>
    definition === gauges.serverInfo ? list.series().map((series) => [series, 1]) : []
  return (await expose(new Tally(), gaugeOf)).body
}

describe('In labels of metrics, text', () => {
  for (const [text, harm] of payloads) {
    it(`that ${harm} is harmless: ${JSON.stringify(text.slice(0, 30))}`, async () => {
      const lines = (await pageOf([text])).split('\n')
      const others = (await pageOf([])).split('\n')
      const added = lines.filter((line) => !others.includes(line))
      assert.equal(lines.length, others.length + 1)
      const [, ...values] =
        /^exchange_enforcement_server_info\{tenant="(.*)",server="(.*)",build="(.*)",status="compliant",stage="none"\} 1$/.exec(
          added[0] ?? '',
        ) ?? []
      assert.equal(values.length, 3)
      for (const value of values) {
        assert.match(value, label)
        assert.ok(value.replace(/\\(.)/g, '$1').length <= 255)
      }
    })
  }

  if (isOnPath('promtool')) {
    it('of every kind is what promtool calls clean', async () => {
      assert.deepEqual(promtool(['check', 'metrics'], await pageOf(payloads.map(([text]) => text))), {
        code: 0,
        text: '',
      })
    })
  }
})
