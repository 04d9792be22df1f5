import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { packagedCataloguePath } from '../../../src/config/catalogue-file'
import { isNearlyFull, isNetwork, isVolatile, mountOf } from '../../../src/cli/doctor/mounts'
import { readAllRecords } from '../../../src/cli/doctor/remembered'
import type { ServerRecord } from '../../../src/rules/clock/record'
import type { LetterState } from '../../../src/rules/notice/record'
import { dayMs } from '../../../src/rules/time'
import { formatKey } from '../../../src/store/keys'
import { LmdbStore } from '../../../src/store/lmdb'
import type { InstallOptions } from '../../support/install'
import { contactKey, contactRecord } from '../../support/records'
import { lastEvidence, runningServer } from '../support'
import { amiss, byAddress, circumstances, finds, findings, install, quiet, remove } from './support'

const byCertificate = '[contoso]\ntls_certificate_name = *.contoso.com\n'

async function withStore(folder: string, work: (store: LmdbStore) => Promise<unknown>): Promise<void> {
  const store = new LmdbStore({ path: join(folder, 'exchange-enforcement') })
  await store.open()
  await work(store)
  await store.close()
}

function fill(folder: string, ...records: readonly ServerRecord[]): Promise<void> {
  return withStore(folder, async (store) => {
    for (const record of records) {
      await store.replace({ kind: 'server', tenant: record.tenant, server: record.server }, 0, record, null)
    }
  })
}

/** What no version can read, where a record should be. */
async function putDamaged(folder: string, key: string): Promise<void> {
  const { open } = await import('lmdb')
  const path = join(folder, 'exchange-enforcement')
  const db = open<string, string>({ path, encoding: 'string', useVersions: true })
  await db.put(key, '0 {"v":99}', 1)
  await db.close()
}

/** One server of the connector contoso, seen a day before. */
async function withMemory(folder: string, change: Partial<ServerRecord> = {}): Promise<void> {
  const now = circumstances(folder).now - dayMs
  const connector = lastEvidence({ connector: 'contoso' })
  await fill(folder, runningServer('ex01.contoso.com', 10, now, { lastEvidence: connector, ...change }))
}

async function inFolder(options: InstallOptions, work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await install(options)
  try {
    await work(folder)
  } finally {
    remove(folder)
  }
}

describe('The doctor, where the store is LMDB', function () {
  this.timeout(30_000)

  it('finds nothing in a good one, and tells what it holds', () =>
    inFolder({}, async (folder) => {
      await withMemory(folder)
      assert.deepEqual(await amiss(circumstances(folder)), [])
      const told = await findings(circumstances(folder))
      assert.ok(told.some(({ message }) => message === 'servers in memory: 1, paths: 0'))
      assert.ok(told.some(({ message }) => message === 'memory names every connector'))
    }))

  it('finds a connector that was never matched, since when, and where it stands', () =>
    inFolder({ connectors: `${byAddress}\n[fabrikam]\naddresses = 198.51.100.7\n` }, async (folder) => {
      await withMemory(folder)
      const found = await finds(['connector-unmatched'], circumstances(folder))
      assert.match(
        found.message,
        /^nothing in memory names connector fabrikam; memory goes back to 20\d\d-\d\d-\d\dT/,
      )
      assert.equal(found.evidence?.line, 4)
    }))

  it('reads memory for as long as there is time, and says so', () =>
    inFolder({}, async (folder) => {
      await withMemory(folder)
      const store = new LmdbStore({ path: join(folder, 'exchange-enforcement'), readOnly: true })
      await store.open()
      assert.equal((await readAllRecords(store, 60_000)).isComplete, true)
      const { isComplete, servers } = await readAllRecords(store, -1)
      assert.deepEqual([isComplete, servers], [false, 0])
      await store.close()
    }))

  it('finds sightings later than the clock', () =>
    inFolder({}, async (folder) => {
      await withMemory(folder, { lastSeenAt: circumstances(folder).now + dayMs })
      await finds(['records-from-future'], circumstances(folder))
    }))

  it('finds records that cannot be read', () =>
    inFolder({}, async (folder) => {
      await withMemory(folder)
      await putDamaged(folder, 'xe:{contoso}:server:ex02.contoso.com')
      await finds(['records-unreadable'], circumstances(folder))
    }))

  const notices = {
    settings: `${quiet}[notices]\nenabled = yes\nfrom = postmaster@example.com\n`,
    connectors: `${byAddress}contacts = it@contoso.com\n`,
  }

  it('finds records of contacts that cannot be read', () =>
    inFolder(notices, async (folder) => {
      await withMemory(folder)
      await putDamaged(folder, formatKey('xe', contactKey('it@contoso.com')))
      await finds(['records-unreadable'], circumstances(folder))
    }))

  const at = Date.UTC(2026, 10, 20, 10)
  const failed: LetterState = {
    state: 'failed',
    at,
    attempts: 2,
    doubts: 0,
    error: 'connect ECONNREFUSED',
    retryAt: at,
  }
  const letters: readonly (readonly [
    found: readonly [id: string, says: RegExp] | null,
    states: readonly LetterState[],
    why: string,
  ])[] = [
    [
      [
        'letters-failing',
        /^letters that are tried again: 1; the first is the one to it@contoso\.com about contoso of 2026-11-20T10:00:00\.001Z \(connect ECONNREFUSED\)$/,
      ],
      [{ state: 'sent', at }, failed],
      'the last one has failed so far',
    ],
    [
      ['letters-failing', /\(450 4\.7\.1 later\)$/],
      [{ state: 'queued', at, error: '450 4.7.1 later' }],
      'Haraka tries on',
    ],
    [
      ['letters-undelivered', /^letters that were given up: 1; .*\(550 5\.1\.1 no such user\)$/],
      [{ state: 'undelivered', at, error: '550 5.1.1 no such user' }],
      'the address is refused for good',
    ],
    [
      ['letters-undelivered', /its sender died while it was handed over/],
      [{ state: 'doubtful', at }],
      'nobody knows whether it arrived',
    ],
    [
      null,
      [
        { state: 'undelivered', at, error: 'no route' },
        { state: 'sent', at },
      ],
      'a later one has arrived',
    ],
    [null, [{ state: 'queued', at, error: null }], 'it has just been handed to the queue'],
    [null, [], 'there was none'],
  ]
  for (const [found, states, why] of letters) {
    it(`finds ${found?.[0] ?? 'nothing amiss with letters'}: ${why}`, () =>
      inFolder(notices, async (folder) => {
        await withMemory(folder)
        await withStore(folder, (store) =>
          store.replace(
            contactKey('it@contoso.com'),
            0,
            contactRecord('it@contoso.com', {
              letters: states.map((state, index) => ({ id: String(index), madeAt: at + index, ...state })),
            }),
            null,
          ),
        )
        if (found) {
          const [id, says] = found
          assert.match((await finds([id], circumstances(folder))).message, says)
        } else {
          assert.deepEqual(await amiss(circumstances(folder)), [])
          const told = await findings(circumstances(folder))
          const ok = told.filter(({ id: of, severity }) => of.startsWith('letters-') && severity === 'ok')
          assert.equal(ok.length, 2)
          assert.match(ok[0]!.message, /^contacts that were written to: 1, /)
        }
      }))
  }

  it('looks at no letters where notices are off', () =>
    inFolder({}, async (folder) => {
      await withMemory(folder)
      const told = await findings(circumstances(folder))
      assert.ok(!told.some(({ id }) => id.startsWith('letters-')))
    }))

  it('finds files that are damaged', () =>
    inFolder({}, async (folder) => {
      await withMemory(folder)
      truncateSync(join(folder, 'exchange-enforcement', 'data.mdb'), 100)
      const found = await finds(['store-damaged'], circumstances(folder))
      assert.match(found.evidence?.file ?? '', /data\.mdb$/)
    }))

  it('opens nothing that is not open already', () =>
    inFolder({}, async (folder) => {
      await withMemory(folder)
      rmSync(join(folder, 'exchange-enforcement', 'lock.mdb'))
      const told = await findings(circumstances(folder))
      const about = told.find(({ id }) => id === 'records-unreadable')
      assert.equal(about?.severity, 'unknown')
      assert.throws(() => readFileSync(join(folder, 'exchange-enforcement', 'lock.mdb')), /ENOENT/)
    }))

  it('finds files that others may read', () =>
    inFolder({}, async (folder) => {
      await withMemory(folder)
      chmodSync(join(folder, 'exchange-enforcement'), 0o755)
      chmodSync(join(folder, 'exchange-enforcement', 'data.mdb'), 0o644)
      await finds(['store-exposed'], circumstances(folder))
    }))

  it('finds a folder that is not of the user that smtp.ini names, with mode and owner', () =>
    inFolder({ smtpIni: 'user=nobody' }, async (folder) => {
      chmodSync(folder, 0o755)
      await withMemory(folder)
      const found = await finds(['store-denied'], circumstances(folder))
      assert.match(found.message, /data|exchange-enforcement/)
      assert.match(found.message, /belongs to uid \d+, gid \d+, with mode 0700/)
      assert.deepEqual(await amiss(circumstances(folder, { user: 'root' })), [])
    }))

  it('finds a folder that cannot be made, and files of the configuration that cannot be read', () =>
    inFolder({}, async (folder) => {
      chmodSync(folder, 0o755)
      const ini = join(folder, 'config', 'exchange-enforcement.connectors.ini')
      chmodSync(ini, 0o600)
      const found = await finds(
        ['store-denied', 'configuration-denied'],
        circumstances(folder, { user: 'nobody' }),
      )
      assert.equal(found.evidence?.file, ini)
      if (process.getuid?.() !== 0) return
      chownSync(folder, 65534, 65534)
      chownSync(ini, 65534, 65534)
      assert.deepEqual(await amiss(circumstances(folder, { user: 'nobody' })), [])
    }))

  it('finds memory that lives in the process', () =>
    inFolder({ settings: `[store]\nbackend = memory\n${quiet}` }, async (folder) => {
      const found = await finds(['store-in-process'], circumstances(folder))
      assert.equal(found.evidence?.line, 2)
    }))

  it('knows disks of other hosts (store-network-disk) and of memory by the table of mounts', () => {
    const table = [
      '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw',
      '30 22 0:40 / /srv/mail rw - nfs4 nas.example.com:/mail rw',
      '31 30 8:2 / /srv/mail/local\\040disk rw master:2 - xfs /dev/sdb rw',
      '32 22 0:41 / /run rw - tmpfs tmpfs rw',
      '33 22 0:42 / /share rw - fuse.sshfs backup.example.com: rw',
    ].join('\n')
    for (const [path, folder, isFar, isLost] of [
      ['/var/lib/haraka', '/', false, false],
      ['/srv/mail/store', '/srv/mail', true, false],
      ['/srv/mailbox', '/', false, false],
      ['/srv/mail/local disk/store', '/srv/mail/local disk', false, false],
      ['/run/haraka', '/run', false, true],
      ['/share', '/share', true, false],
    ] as const) {
      const mount = mountOf(path, table)
      assert.ok(mount, path)
      assert.deepEqual([mount.folder, isNetwork(mount), isVolatile(mount)], [folder, isFar, isLost], path)
    }
    assert.equal(mountOf('/', ''), null)
  })

  it('knows a disk with less than 256 MB, the finding store-disk-full', () => {
    assert.equal(isNearlyFull({ bavail: 65_536, bsize: 4096 }), false)
    assert.equal(isNearlyFull({ bavail: 65_535, bsize: 4096 }), true)
  })
})

describe('The doctor, where there is TLS', function () {
  this.timeout(30_000)
  const tls = { key: '', cert: '' }

  before(async () => {
    const { stdout } = await promisify(execFile)('openssl', [
      ...'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 400 -subj /CN=mx.example.com'.split(
        ' ',
      ),
      ...['-keyout', '-', '-out', '-'],
    ])
    tls.key = /-----BEGIN PRIVATE KEY[^]*?END PRIVATE KEY-----\n/.exec(stdout)?.[0] ?? ''
    tls.cert = /-----BEGIN CERT[^]*?END CERTIFICATE-----\n/.exec(stdout)?.[0] ?? ''
  })

  const cases: readonly (readonly [id: string, why: string, tlsIni: string, evidence: number | null])[] = [
    ['tls-no-client-certificates', 'nobody is asked for one', 'requestCert = false', 1],
    ['tls-rejects', 'it rejects none but the missing', '\nrejectUnauthorized = true', 2],
    ['tls-rejects', 'the same for one port', 'requireAuthorized[] = 25', 1],
    ['tls-not-on-port', 'where Exchange connects', 'no_starttls_ports[] = 25', 1],
    [
      'tls-certificate',
      'two certificates with one key',
      'cert[] = tls_cert.pem\ncert[] = tls_cert.pem\nkey = tls_key.pem',
      3,
    ],
    ['tls-certificate', 'a key that is not there', 'key = other.pem', null],
  ]
  for (const [id, why, tlsIni, line] of cases) {
    it(`finds ${id}: ${why}`, () =>
      inFolder({ tls, connectors: byCertificate, config: { 'tls.ini': `${tlsIni}\n` } }, async (folder) => {
        const found = await finds([id], circumstances(folder))
        if (line !== null) assert.equal(found.evidence?.line, line)
      }))
  }

  it('finds nothing where all is well, and does not mind certificates that no connector needs', () =>
    inFolder({ tls, connectors: byCertificate }, async (folder) => {
      assert.deepEqual(await amiss(circumstances(folder)), [])
      writeFileSync(join(folder, 'config', 'tls.ini'), 'requestCert = false\n')
      writeFileSync(join(folder, 'config', 'exchange-enforcement.connectors.ini'), byAddress)
      assert.deepEqual(await amiss(circumstances(folder)), [])
    }))

  it('finds that tls is listed behind: plugin-before-tls', () =>
    inFolder(
      { tls, connectors: byCertificate, plugins: ['exchange-enforcement', 'tls', 'accept_all'] },
      async (folder) => {
        const found = await finds(['plugin-before-tls'], circumstances(folder))
        assert.equal(found.evidence?.line, 1)
      },
    ))

  it('finds key and certificate that do not belong together, and files that are no PEM', () =>
    inFolder({ tls, connectors: byCertificate }, async (folder) => {
      const { generateKeyPairSync } = await import('node:crypto')
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const other = privateKey.export({ type: 'pkcs8', format: 'pem' })
      writeFileSync(join(folder, 'config', 'tls_key.pem'), other)
      assert.match((await finds(['tls-certificate'], circumstances(folder))).message, /is not the key of/)
      writeFileSync(join(folder, 'config', 'tls_key.pem'), 'soon to come\n')
      assert.match((await finds(['tls-certificate'], circumstances(folder))).message, /is not usable PEM/)
    }))

  it('finds a certificate that has expired, or is about to', () =>
    inFolder({ tls, connectors: byCertificate }, async (folder) => {
      for (const [days, message] of [
        [401, /has expired on/],
        [395, /expires on/],
      ] as const) {
        const now = Date.now() + days * dayMs
        const asOf = new Date(now - dayMs).toISOString().slice(0, 10)
        writeCatalogue(folder, asOf)
        assert.match(
          (await finds(['tls-certificate-expired'], circumstances(folder, { now }))).message,
          message,
        )
      }
    }))

  it('finds authorities that cannot be used', () =>
    inFolder(
      { tls, connectors: `${byCertificate}tls_ca_file = ca.pem\n`, config: { 'ca.pem': 'soon to come\n' } },
      async (folder) => {
        const found = await finds(['connector-authorities'], circumstances(folder))
        assert.match(found.evidence?.file ?? '', /config\/ca\.pem$/)
      },
    ))
})

function writeCatalogue(folder: string, asOf: string): void {
  const text = readFileSync(packagedCataloguePath(), 'utf8').replace(
    /"as_of": "[\d-]+"/,
    `"as_of": "${asOf}"`,
  )
  writeFileSync(join(folder, 'config', 'exchange-enforcement.catalogue.json'), text)
}

describe('The doctor, about the catalogue', function () {
  this.timeout(30_000)

  it('finds one that is older than 90 days, and then no other fault', () =>
    inFolder({}, async (folder) => {
      const { now } = circumstances(folder)
      await finds(['catalogue-old'], circumstances(folder, { now: now + 61 * dayMs }))
      assert.deepEqual(await amiss(circumstances(folder, { now: now + 60 * dayMs })), [])
    }))

  it('finds one that goes before a newer one of the package', () =>
    inFolder({}, async (folder) => {
      const before = new Date(circumstances(folder).now - 40 * dayMs).toISOString().slice(0, 10)
      writeCatalogue(folder, before)
      const found = await finds(['catalogue-overridden'], circumstances(folder))
      assert.match(found.evidence?.file ?? '', /config\/exchange-enforcement\.catalogue\.json$/)
    }))

  it('finds one that is damaged, and a clock from before it was made', () =>
    inFolder({}, async (folder) => {
      const given = circumstances(folder)
      await finds(['clock-before-catalogue'], { ...given, now: given.now - 31 * dayMs })
      writeFileSync(join(folder, 'config', 'exchange-enforcement.catalogue.json'), '{"schema": 1')
      await finds(['catalogue-invalid'], given)
    }))
})

describe('The doctor, about what goes through', function () {
  this.timeout(30_000)
  const cases: readonly (readonly [id: string, why: string, options: InstallOptions, evidence: string])[] = [
    [
      'log-level',
      'what is turned away is not logged',
      { config: { 'log.ini': '[main]\nlevel=warn\n' } },
      'config/log.ini:2',
    ],
    ['log-level', 'the older file goes before', { config: { loglevel: 'ERROR\n' } }, 'config/loglevel'],
    [
      'header-removed',
      'a plugin of the operator is at work',
      {
        plugins: ['exchange-enforcement', 'accept_all', 'tidy'],
        pluginSources: {
          tidy: "exports.hook_queue = (next, c) => {\n  c.transaction.remove_header('x-exchange-enforcement')\n  next()\n}\n",
        },
      },
      'plugins/tidy.js:2',
    ],
    [
      'header-lines',
      'Received may lie behind them',
      { config: { 'connection.ini': '[headers]\nmax_lines = 10\n' } },
      'config/connection.ini:2',
    ],
    [
      'reply-prefixed',
      'senders do not find the code',
      { config: { 'connection.ini': '[uuid]\ndeny_chars = 6\n' } },
      'config/connection.ini:2',
    ],
    [
      'hide-ignored',
      'nothing is hidden all the same',
      { config: { 'results.ini': '[exchange-enforcement]\nhide = stage\n' } },
      'config/results.ini:2',
    ],
  ]
  for (const [id, why, options, place] of cases) {
    it(`finds ${id}: ${why}`, () =>
      inFolder(options, async (folder) => {
        const { evidence } = await finds([id], circumstances(folder))
        assert.ok(
          `${evidence?.file}${evidence?.line === null ? '' : `:${evidence?.line}`}`.endsWith(place),
          JSON.stringify(evidence),
        )
      }))
  }

  it('finds tenants that have nobody to be told', () =>
    inFolder(
      { settings: `[notices]\nenabled = yes\nfrom = postmaster@example.com\n${quiet}` },
      async (folder) => {
        const found = (await amiss(circumstances(folder))).find(({ id }) => id === 'contacts-missing')
        assert.equal(found?.message, 'tenant contoso has no contact')
        assert.equal(found.evidence?.line, 1)
        writeFileSync(
          join(folder, 'config', 'exchange-enforcement.connectors.ini'),
          `${byAddress}[contoso-2]\ntenant = contoso\naddresses = 192.0.2.99\ncontacts = it@contoso.com\n`,
        )
        assert.ok((await amiss(circumstances(folder))).every(({ id }) => id !== 'contacts-missing'))
      },
    ))

  it('finds a token of the page that others may read, or that is too short', () =>
    inFolder({ settings: `[web]\ntoken_file = token\n${quiet}` }, async (folder) => {
      const file = join(folder, 'config', 'token')
      writeFileSync(file, `${'a'.repeat(40)}\n`, { mode: 0o600 })
      assert.deepEqual(await amiss(circumstances(folder)), [])
      chmodSync(file, 0o644)
      assert.match((await finds(['web-token'], circumstances(folder))).message, /open to every user/)
      chmodSync(file, 0o600)
      writeFileSync(file, 'short\n')
      assert.match((await finds(['web-token'], circumstances(folder))).message, /32 are needed/)
    }))

  it('waits for no pipe in place of a file', () =>
    inFolder({}, async (folder) => {
      const list = join(folder, 'config', 'plugins')
      rmSync(list)
      await promisify(execFile)('mkfifo', [list])
      mkdirSync(join(folder, 'config', 'smtp.ini.d'))
      const told = await findings(circumstances(folder))
      assert.deepEqual(
        told.filter(({ id }) => id === 'plugin-unlisted').map(({ severity, message }) => [severity, message]),
        [['unknown', `${list} cannot be read: is not a file`]],
      )
    }))
})
