import assert from 'node:assert/strict'
import { deny, denydisconnect, denysoft, denysoftdisconnect } from 'haraka-constants'
import type { Place } from '../../src/rules/attribution/connector'
import { speak } from '../../src/haraka/reply'

describe('A reply, as Haraka speaks it', () => {
  const table: [code: 450 | 550, place: Place, retval: number, why: string][] = [
    [450, 'connect', denysoftdisconnect, 'at CONNECT the connection is closed with it (S6)'],
    [550, 'connect', denydisconnect, 'at CONNECT the connection is closed with it (S6)'],
    [450, 'mail', denysoft, 'the session goes on'],
    [550, 'mail', deny, 'the session goes on'],
    [450, 'data', denysoft, 'the session goes on'],
    [550, 'data', deny, 'the session goes on'],
  ]
  for (const [code, place, retval, why] of table) {
    it(`${String(code)} at ${place}: ${why}`, () => {
      const text = 'Connecting Exchange server version is out-of-date'
      const status = `${code === 450 ? '4' : '5'}.7.230`
      const answer = speak(
        { code, subject: 7, detail: 230, text, line: `${String(code)} ${status} ${text}` },
        place,
      )
      assert.equal(answer?.code, retval)
      assert.equal(answer.reply.code, code)
      assert.equal(answer.reply.reply, `${status} ${text}`)
      // Haraka takes the code from it only where its class bears this name.
      assert.equal(answer.reply.constructor.name, 'DSN')
    })
  }

  it('is none for an acceptance', () => {
    assert.equal(speak(null, 'mail'), null)
  })
})
