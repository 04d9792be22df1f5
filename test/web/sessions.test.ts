import assert from 'node:assert/strict'
import { hourMs, minuteMs } from '../../src/rules/time'
import { idleMs, keepPending, lifetimeMs, nameOf, Sessions } from '../../src/web/sessions'

const start = Date.UTC(2026, 10, 27, 6)

describe('Sessions', () => {
  it('are named at random, and found by that name alone', () => {
    const sessions = new Sessions()
    const session = sessions.open('t', start)
    const other = sessions.open('t', start)
    assert.match(session.id, /^[\w-]{43}$/)
    assert.notEqual(session.id, other.id)
    assert.equal(sessions.find(session.id, 't', start), session)
    for (const id of ['', session.id.slice(1), nameOf(session), '__proto__']) {
      assert.equal(sessions.find(id, 't', start), null)
    }
    assert.equal(nameOf(session).length, 8)
  })

  for (const [after, found, reason] of [
    [[idleMs], true, 'used again just in time'],
    [[idleMs + 1], false, 'idle for longer than half an hour'],
    [[20 * minuteMs, 40 * minuteMs, 65 * minuteMs], true, 'used again and again, it does not idle'],
    [
      Array.from({ length: 37 }, (_, step) => (step + 1) * 20 * minuteMs),
      false,
      'after twelve hours it is over all the same',
    ],
    [Array.from({ length: 36 }, (_, step) => (step + 1) * 20 * minuteMs), true, 'up to then it is not'],
  ] as const) {
    it(`${found ? 'last' : 'end'}: ${reason}`, () => {
      const sessions = new Sessions()
      const { id } = sessions.open('t', start)
      const results = after.map((ms) => sessions.find(id, 't', start + ms) !== null)
      assert.equal(results.at(-1), found)
    })
  }

  it('end for good: a session that was over does not come back with a clock that jumps back', () => {
    const sessions = new Sessions()
    const { id } = sessions.open('t', start)
    assert.equal(sessions.find(id, 't', start + lifetimeMs + 1), null)
    assert.equal(sessions.find(id, 't', start), null)
  })

  it('end when they are closed, and when another token counts or none', () => {
    const sessions = new Sessions()
    const closed = sessions.open('t', start)
    sessions.close(closed)
    assert.equal(sessions.find(closed.id, 't', start), null)
    for (const token of ['other', null]) {
      const { id } = sessions.open('t', start)
      assert.equal(sessions.find(id, token, start), null)
      assert.equal(sessions.find(id, 't', start), null)
    }
  })

  it('are not unbounded, nor is what waits in them: the oldest gives way', () => {
    const sessions = new Sessions()
    const all = Array.from({ length: 201 }, () => sessions.open('t', start + hourMs))
    const found = all.map(({ id }) => sessions.find(id, 't', start + hourMs) !== null)
    assert.deepEqual([found[0], found[1], found[200]], [false, true, true])
    const session = sessions.open('t', start)
    for (let id = 0; id < 21; id += 1) {
      const order = { kind: 'resume', tenant: 'contoso', reason: 'x', all: false } as const
      keepPending(session, { id: String(id), order, outcome: null })
    }
    assert.deepEqual(
      [session.pending.size, session.pending.has('0'), session.pending.has('20')],
      [20, false, true],
    )
  })
})
