import assert from 'node:assert/strict'
import { LoginThrottle } from '../../src/web/login-throttle'

const start = Date.UTC(2026, 10, 27, 6)

describe('Whoever guesses the token', () => {
  it('may be wrong four times, then waits twice as long each time, a minute at most', () => {
    const throttle = new LoginThrottle()
    const waits: number[] = []
    let now = start
    for (let attempt = 0; attempt < 14; attempt += 1) {
      throttle.failed('192.0.2.1', now)
      const waitMs = throttle.waitMs('192.0.2.1', now)
      waits.push(waitMs / 1000)
      now += waitMs
      assert.equal(throttle.waitMs('192.0.2.1', now), 0, 'then a token is looked at again')
    }
    assert.deepEqual(waits, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60])
  })

  it('starts anew once the right one was shown', () => {
    const throttle = new LoginThrottle()
    for (let attempt = 0; attempt < 9; attempt += 1) throttle.failed('192.0.2.1', start)
    throttle.succeeded('192.0.2.1')
    throttle.failed('192.0.2.1', start)
    assert.equal(throttle.waitMs('192.0.2.1', start), 0)
  })

  it('waits no longer than a minute when the clock jumps back', () => {
    const throttle = new LoginThrottle()
    for (let attempt = 0; attempt < 20; attempt += 1) throttle.failed('192.0.2.1', start)
    assert.equal(throttle.waitMs('192.0.2.1', start - 86_400_000), 60_000)
  })

  for (const [guesser, other, together, reason] of [
    ['192.0.2.1', '192.0.2.2', false, 'another IPv4 address is not shut out'],
    ['2001:db8:1:2::1', '2001:db8:1:2:a:b:c:d', true, 'a /64 is one network, since one host has all of it'],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', false, 'another /64 is another network'],
    ['2001:db8::1', '2001:db8:0:0:ffff::1', true, 'a network in its short form is the same one'],
    ['::1', '2001:db8::1', false, 'this host is no other'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.2', false, 'nor are IPv4 addresses one network in IPv6'],
  ] as const) {
    it(`is known by the network: ${reason}`, () => {
      const throttle = new LoginThrottle()
      for (let attempt = 0; attempt < 9; attempt += 1) throttle.failed(guesser, start)
      assert.equal(throttle.waitMs(other, start) > 0, together)
    })
  }
})
