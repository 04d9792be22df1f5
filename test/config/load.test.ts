import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import harakaConfig from 'haraka-config'
import type { LoadEvent } from '../../src/config/load'
import { LiveSettings, loadSettings, settingsWhenInvalid } from '../../src/config/load'
import { formatProblem } from '../../src/config/problem'
import type { SettingsSource } from '../../src/config/source'
import { folderSource, harakaSource } from '../../src/config/source'
import { projectDir } from '../support/generate-docs'
import type { Files } from './support'
import { rawConfig } from './support'

const options = { productIds: null }

const folders: string[] = []

function installDir(files: Readonly<Record<string, string>>): string {
  const dir = mkdtempSync(join(tmpdir(), 'xe-config-'))
  folders.push(dir)
  mkdirSync(join(dir, 'config'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, 'config', name), text)
  return dir
}

after(() => {
  for (const dir of folders) rmSync(dir, { recursive: true })
})

/** Files in memory, changed by hand. */
class FakeSource implements SettingsSource {
  readonly configDir = '/etc/haraka/config'
  private changed: (() => void) | null = null

  constructor(private files: Files) {}

  read() {
    return rawConfig(this.files)
  }

  watch(changed: () => void) {
    this.changed = changed
    return () => {
      this.changed = null
    }
  }

  save(files: Files): void {
    this.files = files
    this.changed?.()
  }
}

function live(source: SettingsSource) {
  const events: LoadEvent[] = []
  const settings = new LiveSettings(source, options, (event) => events.push(event))
  return { settings, events, kinds: () => events.map((event) => event.kind) }
}

describe('Live settings', () => {
  it('are those of the files from the start', () => {
    const { settings, kinds } = live(new FakeSource({ main: 'mode = defer' }))
    assert.equal(settings.current().mode, 'defer')
    assert.deepEqual(kinds(), ['loaded'])
    assert.deepEqual(settings.reloads(), { succeeded: 1, failed: 0, lastSucceeded: true })
  })

  it('F4: are off, with the defaults, while the files are invalid from the start', () => {
    const source = new FakeSource({ main: 'mode = enforced' })
    const { settings, events } = live(source)
    assert.deepEqual(settings.current(), settingsWhenInvalid(source))
    assert.equal(settings.current().mode, 'off')
    assert.equal(settings.current().clock.confirmSightings, 3)
    const [event] = events
    assert.ok(event?.kind === 'refused')
    assert.equal(event.keeps, 'off')
    assert.match(event.problems.map(formatProblem).join('\n'), /^main\.ini:1: \[main\] mode: 'enforced'/)
  })

  it('F4: come into force as soon as a file that was invalid from the start is mended', () => {
    const source = new FakeSource({ main: 'mode = enforced' })
    const { settings, kinds } = live(source)
    source.save({ main: 'mode = enforce' })
    assert.equal(settings.current().mode, 'enforce')
    assert.deepEqual(kinds(), ['refused', 'reloaded'])
  })

  it('F4: stay the last good ones at a bad reload', () => {
    const source = new FakeSource({ main: 'mode = defer' })
    const { settings, events } = live(source)
    const good = settings.current()
    source.save({ main: 'mode = enforced' })
    assert.equal(settings.current(), good)
    assert.ok(events[1]?.kind === 'refused')
    assert.equal(events[1].keeps, 'last good')
    assert.deepEqual(settings.reloads(), { succeeded: 1, failed: 1, lastSucceeded: false })
  })

  it('are replaced as a whole, and listeners learn of it', () => {
    const source = new FakeSource({ main: 'mode = defer' })
    const { settings } = live(source)
    const before = settings.current()
    const seen: unknown[] = []
    settings.onChange((now, old) => seen.push([now.mode, old]))
    source.save({ main: 'mode = enforce' })
    assert.deepEqual(seen, [['enforce', before]])
    assert.equal(before.mode, 'defer')
  })

  it('hold also where a listener throws, and the others still learn of it', () => {
    const source = new FakeSource({ main: 'mode = defer' })
    const { settings, kinds } = live(source)
    let called = 0
    settings.onChange(() => {
      throw new Error('no')
    })
    settings.onChange(() => (called += 1))
    source.save({ main: 'mode = off' })
    assert.equal(settings.current().mode, 'off')
    assert.equal(called, 1)
    assert.deepEqual(kinds(), ['loaded', 'reloaded', 'listener failed'])
  })

  it('count files that were saved together, and touched ones, once', () => {
    const source = new FakeSource({ main: 'mode = defer' })
    const { settings } = live(source)
    source.save({ main: 'mode = x' })
    source.save({ main: 'mode = x' })
    source.save({ main: 'mode = off' })
    source.save({ main: 'mode = off' })
    assert.deepEqual(settings.reloads(), { succeeded: 2, failed: 1, lastSucceeded: true })
  })

  it('change no more after close', () => {
    const source = new FakeSource({ main: 'mode = defer' })
    const { settings } = live(source)
    settings.close()
    source.save({ main: 'mode = off' })
    assert.equal(settings.current().mode, 'defer')
  })
})

describe('A config folder', () => {
  it('is read with relative paths that start at Haraka', () => {
    const dir = installDir({
      'exchange-enforcement.ini': '[store]\npath = state\n[metrics]\ntoken_file = m\n[web]\ntoken_file = t',
      t: 'x',
    })
    const result = loadSettings(folderSource(join(dir, 'config')), options)
    assert.ok(result.ok)
    assert.equal(result.settings.store.path, join(dir, 'state'))
    assert.equal(result.settings.metrics.tokenFile, join(dir, 'config', 'm'))
    assert.equal(result.settings.web.tokenFile, join(dir, 'config', 't'))
  })

  it('may be empty, or missing', () => {
    const dir = installDir({})
    for (const folder of [join(dir, 'config'), join(dir, 'nowhere')]) {
      const result = loadSettings(folderSource(folder), options)
      assert.ok(result.ok)
      assert.equal(result.settings.mode, 'report')
    }
  })

  it('is refused by file where a file cannot be read', () => {
    const dir = installDir({})
    const path = join(dir, 'config', 'exchange-enforcement.connectors.ini')
    mkdirSync(path)
    const result = loadSettings(folderSource(join(dir, 'config')), options)
    assert.ok(!result.ok)
    assert.equal(result.problems.length, 1)
    assert.equal(result.problems[0]?.file, path)
    assert.match(result.problems[0].message, /^cannot be read: EISDIR/)
  })

  it('takes Redis from redis.ini, which is a fault only where it is needed', () => {
    const dir = installDir({
      'exchange-enforcement.ini': '[store]\nbackend = redis',
      'redis.ini': '[server]\nhost = r',
    })
    const source = folderSource(join(dir, 'config'))
    const result = loadSettings(source, options)
    assert.ok(result.ok)
    assert.deepEqual(result.settings.redis.topology, { kind: 'single', host: 'r', port: 6379 })
    rmSync(join(dir, 'config', 'redis.ini'))
    mkdirSync(join(dir, 'config', 'redis.ini'))
    assert.equal(loadSettings(source, options).ok, false)
    writeFileSync(join(dir, 'config', 'exchange-enforcement.ini'), '')
    assert.equal(loadSettings(source, options).ok, true)
  })
})

describe('Settings that Haraka reloads', () => {
  const main = 'exchange-enforcement.ini'
  const connectors = 'exchange-enforcement.connectors.ini'

  it('F4: follow the files, keep the last good ones through a broken file, and follow again once it is mended', async function () {
    this.timeout(60_000)
    const dir = installDir({ [main]: '[policy]\npreset = custom\nfloors = 15.1.2507.10' })
    const config = harakaConfig.module_config(projectDir, dir)
    const { settings, events } = live(harakaSource(config))
    const path = (name: string) => join(dir, 'config', name)
    try {
      assert.equal(settings.current().mode, 'report')
      assert.equal(settings.current().policyInputs.floors[0]?.revision, 10)

      writeFileSync(path(main), '[main]\nmode = enforced')
      await until(() => events.length === 2)
      assert.ok(events[1]?.kind === 'refused')
      assert.equal(events[1].problems[0]?.file, path(main))
      assert.equal(settings.current().policy.preset, 'custom')

      writeFileSync(path('new'), '[main]\nmode = enforce')
      renameSync(path('new'), path(main))
      writeFileSync(path(connectors), '[a]\naddresses = 192.0.2.1')
      await until(() => events.length === 3)
      assert.equal(settings.current().mode, 'enforce')
      assert.equal(settings.current().connectors[0]?.id, 'a')

      rmSync(path(main))
      await until(() => events.length === 4)
      assert.equal(settings.current().mode, 'report', 'a file that is gone says nothing any more')
      assert.deepEqual(settings.reloads(), { succeeded: 3, failed: 1, lastSucceeded: true })
    } finally {
      settings.close()
      config.stop_watching(main)
    }
  })
})

async function until(done: () => boolean): Promise<void> {
  const deadline = Date.now() + 12_000
  while (!done()) {
    if (Date.now() > deadline) throw new Error('Nothing was reloaded in time')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
