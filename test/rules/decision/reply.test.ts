import assert from 'node:assert/strict'
import { replyTo } from '../../../src/rules/decision/reply'
import { decisionTo } from '../clock/given'

describe('replyTo', () => {
  it('leaves alone what only looks like a placeholder because every object has it', () => {
    const template = '{constructor} {__proto__} {unknown} {minutes}'
    const reply = replyTo(
      decisionTo('defer'),
      { server: 'ex01.contoso.local', build: '15.1.2507.16' },
      { defer: template, refuse: template, helpUrl: 'https://example.com/' },
    )
    assert.equal(reply?.text, '{constructor} {__proto__} {unknown} 30')
  })
})
