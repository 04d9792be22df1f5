import assert from 'node:assert/strict'
import { collect } from '../../src/report/collect'
import { csv } from '../../src/report/csv'
import { serversCsv } from '../../src/report/servers-csv'
import { filled, fleetAt, fleetRules } from '../support/fleet'

describe('CSV', () => {
  const cells: readonly (readonly [text: string, cell: string, reason: string])[] = [
    ['ex01', 'ex01', 'plain'],
    ['=1+1', "'=1+1", 'a formula'],
    ['+1', "'+1", 'a formula with a plus'],
    ['-1', "'-1", 'a formula with a minus'],
    ['@SUM(A1)', "'@SUM(A1)", 'a function'],
    [' =1', "' =1", 'a formula behind a blank'],
    ['\t=1', '\\u{9}=1', 'a formula behind a tab, which is escaped'],
    ['＝1', "'＝1", 'a formula in wide letters'],
    ['a;=1', '"a;\'=1"', 'a formula where semicolons separate'],
    ['a,"b"', '"a,""b"""', 'commas and quotes'],
    ['=a,b', '"\'=a,b"', 'a formula with a comma'],
    ['a\r\n=b', 'a\\u{d}\\u{a}=b', 'the end of a line'],
    ['Zürich', 'Zürich', 'letters of any language'],
  ]
  for (const [text, cell, reason] of cells) {
    it(`has ${cell}: ${reason}`, () =>
      assert.equal(csv([{ heading: 'h', text: (row: string) => row }], [text]), `h\r\n${cell}\r\n`))
  }

  it('has a line for each server, each as wide as its head, and all that a report must tell (R3)', async () => {
    const { servers } = await collect(await filled(), fleetRules, fleetAt)
    const [head = '', ...lines] = serversCsv(servers).trimEnd().split('\r\n')
    assert.equal(lines.length, servers.length)
    const names = head.split(',')
    for (const name of 'server product build name verdict because detected_at stage next_stage next_stage_at next_defer_minutes next_refuse_minutes defer_from refuse_from accepted_builds known_exploited_cves open_cves accepted deferred refused last_seen_at status'.split(
      ' ',
    )) {
      assert.ok(names.includes(name), name)
    }
    const plain = lines.find((line) => line.includes('ex01.contoso.com'))?.replace(/"[^"]*"/g, '')
    assert.equal(plain?.split(',').length, names.length)
  })
})
