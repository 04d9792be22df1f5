import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { areas } from '../../../src/cli/doctor/areas'
import { consult } from '../../../src/cli/doctor/consultation'
import { unfinishedCheck } from '../../../src/cli/doctor/examination'
import type { Finding } from '../../../src/cli/doctor/finding'
import { freePort } from '../../support/redis'
import { projectDir } from '../../support/generate-docs'
import { startHaraka, type RunningHaraka } from '../../support/haraka'
import { call } from '../in-process'
import { fails, obeyedByTerminals } from '../support'
import { amiss, byAddress, circumstances, finds, findings, install, ofThisMachine, remove } from './support'

interface Told {
  readonly ok: boolean
  readonly findings: readonly Finding[]
}

function listening(port: number): string {
  return `[metrics]\nlisten = 127.0.0.1:${port}\n`
}

describe('The doctor, beside a Haraka that runs', function () {
  this.timeout(60_000)
  let haraka: RunningHaraka
  let port = 0

  before(async () => {
    port = await freePort()
    haraka = await startHaraka({
      patienceMs: 30_000,
      nodes: 1,
      settings: listening(port),
      connectors: byAddress,
    })
    await haraka.logged(/metrics .*http:\/\/127|listening|http:\/\/127\.0\.0\.1/)
  })

  after(() => haraka.stop())

  it('finds nothing wrong in a good installation, and changes nothing in it', async () => {
    const before = snapshot(haraka.folder)
    const told = await findings(circumstances(haraka.folder))
    assert.deepEqual(
      told.filter(({ id, severity }) => !['ok', 'unknown'].includes(severity) && !ofThisMachine.includes(id)),
      [],
    )
    const well = told.filter(({ severity }) => severity === 'ok').map(({ id }) => id)
    for (const id of [
      'haraka-version',
      'haraka-stopped',
      'package-version',
      'running-version',
      'running-store',
      'store-denied',
    ]) {
      assert.ok(well.includes(id), id)
    }
    assert.deepEqual(snapshot(haraka.folder), before)
  })

  it('says so in text and JSON, with exit code 0', async () => {
    const parameters = ['doctor', '--config', join(haraka.folder, 'config')]
    const { code, stdout, stderr } = await call([...parameters, '--all'])
    assert.deepEqual([code, stderr], [0, ''])
    assert.match(stdout, /^Haraka\n {2}ok {7}node-version: Node\.js v/)
    assert.match(
      stdout,
      /\n(?:nothing wrong was found|no errors), warnings: \d, hints: 0, unknown: \d, well: \d+ \(.*config\)\n$/,
    )
    const json: Told = JSON.parse((await call([...parameters, '--json'])).stdout)
    assert.equal(json.ok, true)
    assert.ok(json.findings.some(({ id, severity }) => id === 'running-store' && severity === 'ok'))
  })

  it('finds a command of another version', () =>
    finds(['package-version', 'running-version'], circumstances(haraka.folder, { version: '9.9.9' })))

  it('finds another install with the same address for its figures', async () => {
    const folder = await install({ settings: listening(port) })
    try {
      const found = await finds(['metrics-shared'], circumstances(folder))
      assert.ok(found.message.includes(haraka.folder))
      assert.equal(found.evidence?.line, 2)
    } finally {
      remove(folder)
    }
  })

  it('finds that nobody answers where the figures should be', async () => {
    const rude = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
    await once(rude, 'listening')
    const address = rude.address()
    assert.ok(typeof address === 'object' && address)
    try {
      writeFileSync(join(haraka.folder, 'config', 'exchange-enforcement.ini'), listening(address.port))
      await finds(['metrics-silent'], circumstances(haraka.folder))
    } finally {
      writeFileSync(join(haraka.folder, 'config', 'exchange-enforcement.ini'), listening(port))
      rude.close()
    }
  })
})

describe('The doctor, by what a listener tells', function () {
  this.timeout(60_000)
  const { version } = circumstances('/')
  const page = (change: Readonly<Record<string, string>> = {}): string => {
    const values = { version, node: 'v22.0.0', reload: '1', store: '1', ...change }
    return [
      `exchange_enforcement_build_info{version="${values.version}",node="${values.node}"} 1`,
      `exchange_enforcement_config_last_reload_success ${values.reload}`,
      `exchange_enforcement_store_up ${values.store}`,
    ].join('\n')
  }

  for (const [ids, why, text] of [
    [['metrics-foreign'], 'another program took the port', 'process_cpu_seconds_total 1\n'],
    [['running-version'], 'updated and not restarted', page({ version: '0.0.1' })],
    [['running-node'], 'Haraka is started with another Node.js', page({ node: 'v18.20.0' })],
    [
      ['running-configuration', 'running-store'],
      'it goes on with what it has',
      page({ reload: '0', store: '0' }),
    ],
    [[], 'all is well', page()],
  ] as const) {
    it(`finds ${ids.join(', ') || 'nothing'}: ${why}`, async () => {
      const server = createHttpServer((_, response) => response.end(text)).listen(0, '127.0.0.1')
      await once(server, 'listening')
      const address = server.address()
      assert.ok(typeof address === 'object' && address)
      const folder = await install({ settings: listening(address.port) })
      try {
        if (ids.length > 0) await finds(ids, circumstances(folder))
        else assert.deepEqual(await amiss(circumstances(folder)), [])
      } finally {
        remove(folder)
        server.close()
        server.closeAllConnections()
      }
    })
  }
})

describe('The doctor, about the clock', function () {
  this.timeout(60_000)
  for (const [script, severity, why] of [
    ['echo no', 'warning', 'clock-unsynchronised: nothing keeps it'],
    ['echo yes', 'ok', 'it is kept'],
    ['echo "no bus" >&2; exit 1', 'unknown', 'timedatectl cannot tell'],
    ['exec sleep 60', 'unknown', 'timedatectl does not answer'],
  ] as const) {
    it(`says ${severity} where ${why}`, async () => {
      const folder = await install()
      try {
        const program = join(folder, 'timedatectl')
        writeFileSync(program, `#!/bin/sh\n${script}\n`)
        chmodSync(program, 0o755)
        const path = [folder, '/usr/bin', '/bin']
        const told = await findings(circumstances(folder, { path }))
        assert.equal(told.find(({ id }) => id === 'clock-unsynchronised')?.severity, severity)
      } finally {
        remove(folder)
      }
    })
  }
})

describe('The command doctor', function () {
  this.timeout(60_000)

  it('ends with 1 where there is an error, names the place and what to do, and is fit for a terminal', async () => {
    const folder = await install({
      plugins: ['accept_all'],
      connectors: `${byAddress}comment = \u202e\u001b[31m\n`,
    })
    try {
      const { code, stdout, stderr } = await call(['doctor', '--config', join(folder, 'config')])
      assert.deepEqual([code, stderr], [1, ''])
      assert.match(
        stdout,
        /\nPlugins\n {2}error {4}plugin-unlisted: \S+\/config\/plugins: config\/plugins does not\n? *name/,
      )
      assert.match(stdout, /\n {11}Add a line exchange-enforcement to config\/plugins/)
      assert.match(stdout, /\nerrors: \d, warnings: \d, hints: 1, /)
      assert.doesNotMatch(stdout, obeyedByTerminals)
      const json: Told = JSON.parse(
        (await call(['doctor', '--json', '--config', join(folder, 'config')])).stdout,
      )
      assert.equal(json.ok, false)
      for (const finding of json.findings) {
        assert.deepEqual(Object.keys(finding), ['id', 'area', 'severity', 'message', 'evidence', 'remedy'])
      }
    } finally {
      remove(folder)
    }
  })

  it('works where nothing is there', async () => {
    const { code, stdout } = await call(['doctor'])
    assert.equal(code, 1)
    assert.match(stdout, /error {4}config-folder: no config folder was found/)
    await fails(2, /there is no folder/, ['doctor', '--config', '/no/such/folder'])
  })

  it('outlives what it looks with, and never waits for it without end', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'doctor-'))
    try {
      for (const [code, patienceMs, message] of [
        ['process.abort()', 15_000, /^not finished: the process that looked ended with SIGABRT$/],
        [
          'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)',
          500,
          /^not finished: no end after 0\.5 s$/,
        ],
        ["throw new Error('out of memory')", 15_000, /^not finished: .* \(Error: out of memory\)$/],
      ] as const) {
        const file = join(folder, 'harm.js')
        writeFileSync(file, code)
        const told = await consult(
          circumstances(folder),
          { ...process.env, NODE_OPTIONS: `--require ${file}` },
          patienceMs,
        )
        assert.deepEqual(
          told.map(({ id, area }) => `${id} ${area}`),
          areas.map(({ name }) => `unfinished ${name}`),
        )
        for (const each of told) assert.match(each.message, message)
      }
    } finally {
      remove(folder)
    }
  })
})

describe('The checks of the doctor', () => {
  const folder = join(projectDir, 'test', 'cli', 'doctor')
  const tests = readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n')
  const page = readFileSync(join(projectDir, 'docs', 'doctor.md'), 'utf8')
  const ids = [...new Set([...areas.flatMap(({ checks }) => Object.keys(checks)), unfinishedCheck.id])]

  it('are on the page, and no others', () => {
    const shown = [...page.matchAll(/^\| `([a-z-]+)`/gm)].map(([, id]) => id)
    assert.deepEqual(shown, ids)
    assert.ok(ids.length > 70)
  })

  it('have each been found by a test', () => {
    assert.deepEqual(
      ids.filter((id) => !new RegExp(`\\b${id}\\b`).test(tests)),
      [],
    )
  })

  it('are said in whole sentences', () => {
    for (const { checks } of areas) {
      for (const [id, { about, remedy }] of Object.entries(checks)) {
        assert.match(about, /^[A-Za-z'][^\n]*\.$/, id)
        assert.match(remedy, /^[A-Z'][^\n]*\.$/, id)
      }
    }
  })
})

/** Every file with its owner, mode and content; what Haraka itself writes meanwhile is left out. */
function snapshot(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !/\.mdb$|^(?:ready|spool|queue|node_modules)/.test(name))
    .sort()
    .map((name) => {
      const { mode, uid, mtimeMs, size } = statSync(join(folder, name))
      return [name, mode, uid, size, mtimeMs].join(' ')
    })
}
