import assert from 'node:assert/strict'
import { mergeContacts } from '../../../src/rules/notice/merge'
import type { ContactRecord, Letter, WrittenNotice } from '../../../src/rules/notice/record'

const t0 = Date.UTC(2026, 10, 22, 12)

function notice(server: string, letter: string): WrittenNotice {
  return { kind: 'detection', server, mark: '1', until: t0 + 1000, letter }
}

function contact(letters: readonly Letter[], notices: readonly WrittenNotice[]): ContactRecord {
  return { tenant: 'contoso', contact: 'it@contoso.com', letters, notices }
}

describe('mergeContacts', () => {
  it('knows every notice that either has written, and of each letter how far it came', () => {
    const first: Letter = { id: 'a', madeAt: t0, state: 'sending', at: t0, by: 'x', attempts: 0, doubts: 0 }
    const sent: Letter = { id: 'a', madeAt: t0, state: 'sent', at: t0 + 10 }
    const late: Letter = { id: 'b', madeAt: t0 + 5, state: 'sent', at: t0 + 6 }
    const early: Letter = { id: 'c', madeAt: t0 - 5, state: 'sent', at: t0 }
    const one = contact([sent, late], [notice('ex01', 'a'), notice('ex02', 'b')])
    const other = contact([early, first], [notice('ex03', 'c'), notice('ex01', 'a')])
    for (const result of [mergeContacts(one, other), mergeContacts(other, one)]) {
      assert.deepEqual(result.letters, [early, sent, late])
      assert.deepEqual(result.notices.map(({ server, letter }) => `${server} ${letter}`).sort(), [
        'ex01 a',
        'ex02 b',
        'ex03 c',
      ])
    }
  })

  it('does not send again what either has sent, though a letter of the other waits with the same', () => {
    const sent: Letter = { id: 'a', madeAt: t0, state: 'sent', at: t0 }
    const again = { attempts: 1, doubts: 0, error: 'down', retryAt: t0 + 9 }
    const failed: Letter = { id: 'b', madeAt: t0 + 5, state: 'failed', at: t0 + 6, ...again }
    const one = contact([sent], [notice('ex01', 'a')])
    const other = contact([failed], [notice('ex01', 'b'), notice('ex02', 'b')])
    for (const result of [mergeContacts(one, other), mergeContacts(other, one)]) {
      assert.deepEqual(
        result.notices.map(({ server, letter }) => `${server} ${letter}`),
        ['ex01 a', 'ex02 b'],
      )
    }
  })
})
