import assert from 'node:assert/strict'
import { effectiveConnector, internetConnector } from '../../src/config/effective'
import { settingsOf } from './support'

describe('What holds for a connector', () => {
  const address = 'addresses = 192.0.2.1'
  const certificate = 'tls_certificate_name = a.example.com'
  const cases: [why: string, main: string, connector: string, expected: string][] = [
    ['S5: as [main] says', 'mode = enforce', `[a]\n${address}`, 'enforce mail data'],
    [
      'S5: its own mode goes before that',
      'mode = report',
      `[a]\n${address}\nmode = enforce`,
      'enforce mail data',
    ],
    ['S5: off for one', 'mode = enforce', `[a]\n${address}\nmode = off`, 'off mail data'],
    ['F6: [main] off is off for all', 'mode = off', `[a]\n${address}\nmode = enforce`, 'off mail data'],
    ['a partner is only reported', 'mode = enforce', `[a]\n${address}\ntype = partner`, 'report mail data'],
    [
      'a partner may be off',
      'mode = enforce',
      `[a]\n${address}\ntype = partner\nmode = off`,
      'off mail data',
    ],
    [
      'S2: its own places',
      'mode = report',
      `[a]\n${address}\ndefer_at = data\nrefuse_at = mail`,
      'report data mail',
    ],
    [
      'S6: connect for one known by address',
      '[enforcement]\ndefer_at = connect',
      `[a]\n${address}`,
      'report connect data',
    ],
    [
      'S6: mail for one known by certificate',
      '[enforcement]\ndefer_at = connect\nrefuse_at = connect',
      `[a]\n${certificate}`,
      'report mail mail',
    ],
    [
      'A5: everyone else is only reported',
      'mode = enforce\nscope = everyone',
      '[internet]\nlanguage = de',
      'report mail data',
    ],
    [
      'A5: unless the operator says otherwise',
      'scope = everyone',
      '[internet]\nmode = defer',
      'defer mail data',
    ],
    [
      'A5: and never while all is off',
      'mode = off\nscope = everyone',
      '[internet]\nmode = defer',
      'off mail data',
    ],
  ]
  for (const [why, main, connectors, expected] of cases) {
    it(why, () => {
      const settings = settingsOf({ main, connectors })
      const { mode, deferAt, refuseAt } = effectiveConnector(settings.connectors[0]!, settings)
      assert.equal(`${mode} ${deferAt} ${refuseAt}`, expected)
    })
  }

  it('A5: is report for the built-in connector without a section', () => {
    const settings = settingsOf({ main: 'mode = enforce\nscope = everyone' })
    assert.equal(effectiveConnector(internetConnector, settings).mode, 'report')
  })
})
