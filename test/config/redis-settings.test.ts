import assert from 'node:assert/strict'
import type { RedisSettings } from '../../src/config/settings'
import { problemsOf, settingsOf, warningsOf } from './support'

const base: RedisSettings = {
  topology: { kind: 'single', host: '127.0.0.1', port: 6379 },
  db: 0,
  username: null,
  password: null,
  tls: false,
  keyPrefix: 'xe',
}

describe('The address of Redis', () => {
  const cases: [why: string, main: string, redis: string, expected: Partial<RedisSettings>][] = [
    ['the defaults where neither file says anything', '', '', {}],
    [
      'a whole address',
      'url = rediss://u:p%40ss@redis.example.com:6380/2',
      '',
      {
        topology: { kind: 'single', host: 'redis.example.com', port: 6380 },
        db: 2,
        username: 'u',
        password: 'p@ss',
        tls: true,
      },
    ],
    [
      'a whole address takes over nothing',
      'url = redis://h',
      '[opts]\npassword = p\ndatabase = 5',
      { topology: { kind: 'single', host: 'h', port: 6379 } },
    ],
    [
      'a whole address with IPv6',
      'url = redis://[::1]:7000',
      '',
      { topology: { kind: 'single', host: '::1', port: 7000 } },
    ],
    [
      "Haraka's server and options",
      '',
      '[server]\nhost = r.example.com\nport = 6380\n[opts]\ndatabase = 5\npassword = 007',
      { topology: { kind: 'single', host: 'r.example.com', port: 6380 }, db: 5, password: '007' },
    ],
    [
      "Haraka's older names",
      '',
      '[server]\nip = 192.0.2.9\ndb = 3',
      { topology: { kind: 'single', host: '192.0.2.9', port: 6379 }, db: 3 },
    ],
    [
      "Haraka's server goes before its options",
      '',
      '[server]\ndatabase = 1\n[opts]\ndatabase = 2\nusername = u',
      { db: 1, username: 'u' },
    ],
    [
      'our keys go before those of Haraka, one by one',
      'host = own\ndb = 0',
      '[server]\nhost = r\nport = 6380\n[opts]\ndatabase = 5',
      { topology: { kind: 'single', host: 'own', port: 6380 } },
    ],
    ['keys that are commented out or empty say nothing', '', '[server]\n; host=127.0.0.9\nport =', {}],
    [
      'other keys and sections of redis.ini are not ours',
      '',
      '[pubsub]\nhost = x\n[server]\nconnectTimeout = 5\n*.x = y',
      {},
    ],
    [
      'Sentinels, with the password of Haraka',
      'sentinels = s1, [::1]:26380\nsentinel_name = m',
      '[server]\nhost = r\n[opts]\npassword = p',
      {
        topology: {
          kind: 'sentinel',
          name: 'm',
          sentinels: [
            { host: 's1', port: 26379 },
            { host: '::1', port: 26380 },
          ],
        },
        password: 'p',
      },
    ],
    [
      'a cluster has one database, whatever Haraka uses',
      'cluster_nodes = r1, r2:7001',
      '[opts]\ndatabase = 5',
      {
        topology: {
          kind: 'cluster',
          nodes: [
            { host: 'r1', port: 6379 },
            { host: 'r2', port: 7001 },
          ],
        },
      },
    ],
    ['another prefix', 'key_prefix = site-a', '', { keyPrefix: 'site-a' }],
  ]
  for (const [why, main, redis, expected] of cases) {
    it(`is ${why}`, () => {
      const settings = settingsOf({ main: `[store]\nbackend = redis\n[redis]\n${main}`, redis })
      assert.deepEqual(settings.redis, { ...base, ...expected })
    })
  }

  it('is refused where redis.ini, which is needed, cannot be understood', () => {
    const redis = '[server]\nport = six\nhost = a b\n[opts]\ndatabase = -1'
    assert.deepEqual(problemsOf({ main: '[store]\nbackend = redis', redis }), [
      "redis.ini:2: [server] port: 'six': is not a whole number; allowed: a whole number from 1 to 65535",
      "redis.ini:3: [server] host: 'a b': is not a host name or IP address; allowed: a host name or IP address",
      "redis.ini:5: [opts] database: '-1': is not a whole number; allowed: a whole number from 0 to 9999",
    ])
  })

  it('does not look at redis.ini for other backends', () => {
    assert.deepEqual(problemsOf({ redis: '[server]\nport = six' }), [])
  })

  it('says that a socket of redis.ini is not taken over', () => {
    const files = { main: 'mode = off\n[store]\nbackend = redis', redis: '[server]\npath = /run/redis.sock' }
    assert.deepEqual(warningsOf(files), [
      "redis.ini:2: [server] path: '/run/redis.sock': a Unix socket is not taken over; set host and port in [redis] of this plugin",
    ])
  })
})
