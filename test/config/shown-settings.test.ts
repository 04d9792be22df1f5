import assert from 'node:assert/strict'
import { loadSettings } from '../../src/config/load'
import { showSettings } from '../../src/config/shown-settings'
import { folderSource } from '../../src/config/source'
import { Place } from '../cli/support'

describe('Settings that are shown', () => {
  const shown = (main: string, connectors: string) => {
    const place = new Place({
      'config/exchange-enforcement.ini': main,
      'config/exchange-enforcement.connectors.ini': connectors,
    })
    try {
      const source = folderSource(place.config)
      const loaded = loadSettings(source, { productIds: null })
      assert.ok(loaded.ok)
      return showSettings(loaded.settings, source)
    } finally {
      place.remove()
    }
  }
  const changed = (files: ReturnType<typeof shown>) =>
    files.flatMap(({ sections }) =>
      sections.flatMap(({ name, entries }) =>
        entries.flatMap(({ key, value, isDefault }) => (isDefault ? [] : `${name}.${key}=${value}`)),
      ),
    )

  it('are all defaults where nothing is said', () => {
    const files = shown('', '')
    assert.deepEqual(changed(files), [])
    assert.ok((files[0]?.sections.length ?? 0) > 8)
  })

  it('differ only in what is said, and hold no secret', () => {
    const files = shown(
      '[main]\nmode = enforce\nscope = connectors\n[redis]\npassword = hunter2\n',
      '[contoso]\naddresses = 192.0.2.0/28\n[other]\ntenant = contoso\ntls_certificate_name = *.contoso.com\n',
    )
    assert.deepEqual(changed(files), [
      'main.mode=enforce',
      'redis.password=********',
      'contoso.addresses=192.0.2.0/28',
      'other.tenant=contoso',
      'other.tls_certificate_name=*.contoso.com',
    ])
    assert.doesNotMatch(JSON.stringify(files), /hunter2/)
  })
})
