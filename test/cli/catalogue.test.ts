import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { once } from 'node:events'
import { join } from 'node:path'
import { CatalogueFile, packagedCataloguePath } from '../../src/config/catalogue-file'
import type { CatalogueData } from '../../src/rules/verdict/catalogue-data'
import { call } from './in-process'
import { installed, lastEvidence, runProgram, runningServer, type Place } from './support'

const now = Date.UTC(2026, 10, 27, 12)
const packaged: CatalogueData = JSON.parse(readFileSync(packagedCataloguePath(), 'utf8'))
const name = 'config/exchange-enforcement.catalogue.json'

type Change = (data: CatalogueData) => CatalogueData

/** A month younger, with one more build and two more floors: one in force at once, one in December. */
const newer: Change = (data) => ({
  ...data,
  as_of: '2026-11-20',
  builds: [
    ...data.builds,
    {
      build: '15.2.2562.60',
      product: 'exchange-se',
      release: 'RTM',
      update: 'Nov26SU',
      kind: 'SU',
      released: '2026-11-10',
      kb: 'KB5999999',
      src: ['H'],
    },
  ],
  floors: [
    ...data.floors,
    floor('exchange-2016', '2026-11-01', '15.1.2507.63'),
    floor('exchange-se', '2026-12-08', '15.2.2562.60'),
  ],
})

function floor(product: string, effective: string, build: string): CatalogueData['floors'][number] {
  return { product, effective, precision: 'day', builds: [build], source: 'P', note: 'a test' }
}

const textOf = (change: Change = (data) => data): string => JSON.stringify(change(packaged))

describe('catalogue update and diff', function () {
  this.timeout(30_000)
  let place: Place
  let target: string

  beforeEach(() => {
    place = installed()
    target = join(place.folder, name)
  })
  afterEach(() => place.remove())

  const update = (...parameters: string[]) =>
    call(['catalogue', 'update', ...parameters, '--config', place.config], { now })
  const diff = (...parameters: string[]) =>
    call(['catalogue', 'diff', ...parameters, '--config', place.config], { now })
  const put = (text: string): string => place.write('new.json', text)
  const others = (): string[] =>
    readdirSync(place.config).filter((file) => file !== 'exchange-enforcement.catalogue.json')

  it('puts the first catalogue of its own into the config folder, and says what it changes', async () => {
    const before = others()
    const file = put(textOf(newer))
    const ran = await update(file)
    assert.deepEqual([ran.code, ran.stderr], [0, ''])
    assert.match(ran.stdout, /^from 2026-10-07 \(.*\) to 2026-11-20 \(.*new\.json\)\n/)
    assert.match(ran.stdout, /^\+ build 15\.2\.2562\.60: exchange-se RTM Nov26SU, 2026-11-10, KB5999999$/m)
    assert.match(ran.stdout, /^\+ floor exchange-se from 2026-12-08: 15\.2\.2562\.60$/m)
    assert.ok(ran.stdout.endsWith(`in force: ${target}\n`))
    assert.equal(readFileSync(target, 'utf8'), readFileSync(file, 'utf8'))
    assert.equal(new CatalogueFile([target]).current.asOf, '2026-11-20')
    assert.deepEqual(others(), before)
    const again = await update(file)
    assert.equal(again.code, 0)
    assert.match(again.stdout, /nothing to do: it is the one in force\n$/)
  })

  it('keeps owner and permissions, and a link a link', async () => {
    const real = place.write('elsewhere/catalogue.json', textOf())
    chmodSync(real, 0o640)
    if (process.getuid?.() === 0) chownSync(real, 12, 34)
    const { uid, gid } = statSync(real)
    symlinkSync(real, target)
    assert.equal((await update(put(textOf(newer)))).code, 0)
    const after = statSync(real)
    assert.deepEqual([after.mode & 0o777, after.uid, after.gid], [0o640, uid, gid])
    assert.ok(lstatSync(target).isSymbolicLink())
    assert.equal(readFileSync(real, 'utf8'), textOf(newer))
  })

  it('writes nothing when it is only to tell', async () => {
    const ran = await update(put(textOf(newer)), '--dry-run')
    assert.equal(ran.code, 0)
    assert.match(ran.stdout, /^\+ build .*nothing was written\n$/ms)
    assert.ok(!existsSync(target))
  })

  const backwards: readonly (readonly [why: string, change: Change, message: RegExp])[] = [
    [
      'is older',
      (data) => ({ ...data, as_of: '2026-09-01' }),
      /it is older: as of 2026-09-01, not 2026-10-07/,
    ],
    ['lacks a build', (data) => ({ ...data, builds: data.builds.slice(1) }), /builds are gone: 4\.0\.837/],
    [
      'lacks a floor',
      (data) => ({ ...data, floors: data.floors.slice(0, -1) }),
      /floors are gone: exchange-2019 from 2026-09-08/,
    ],
    [
      'lowers a floor',
      (data) => ({
        ...data,
        floors: data.floors.map((set) =>
          set.builds.includes('15.1.2507.61') ? { ...set, builds: ['15.1.2507.59'] } : set,
        ),
      }),
      /heights of floors are gone: exchange-2016 from 2026-09-08/,
    ],
    [
      'lets an older branch pass',
      (data) => ({
        ...data,
        floors: data.floors.map((set) =>
          set.builds.includes('15.1.2507.61') ? { ...set, builds: ['15.1.2375.37', '15.1.2507.61'] } : set,
        ),
      }),
      /heights of floors are gone/,
    ],
    [
      'lets a product pass',
      (data) => ({ ...data, never_pass: data.never_pass.slice(1) }),
      /never pass are gone: exchange-4\.0/,
    ],
    [
      'lacks a vulnerability',
      (data) => ({ ...data, cves: data.cves.slice(0, -1) }),
      /vulnerabilities are gone: CVE-2026-96940/,
    ],
    [
      'forgets that one is exploited',
      (data) => ({
        ...data,
        cves: data.cves.map((cve) => (cve.id === 'CVE-2021-26855' ? { ...cve, kev: false } : cve)),
      }),
      /marks of known exploitation are gone: CVE-2021-26855/,
    ],
    [
      'lacks a scope',
      (data) => ({ ...data, scope: data.scope.slice(1) }),
      /products in scope are gone: exchange-4\.0/,
    ],
  ]
  for (const [why, change, message] of backwards) {
    it(`refuses a catalogue that ${why}, unless it is said why`, async () => {
      const file = put(textOf((data) => change({ ...data, as_of: '2026-10-07' })))
      const refused = await update(file)
      assert.equal(refused.code, 1)
      assert.match(
        refused.stderr,
        /^exchange-enforcement: .* goes backwards: [^\n]*; nothing was written\. --force [^\n]*\n$/,
      )
      assert.match(refused.stderr, message)
      assert.ok(!existsSync(target))
      const forced = await update(file, '--force', 'the last one was wrong')
      assert.equal(forced.code, 0)
      assert.match(forced.stdout, /taken all the same: the last one was wrong\n/)
      assert.equal(readFileSync(target, 'utf8'), readFileSync(file, 'utf8'))
    })
  }

  it('does not take a higher floor, or one branch less, for a step back', async () => {
    const raise: Change = (data) => ({
      ...data,
      floors: data.floors.map((set) =>
        set.builds.includes('15.2.1118.36') ? { ...set, builds: ['15.2.1258.23'] } : set,
      ),
    })
    const ran = await update(put(textOf(raise)))
    assert.equal(ran.code, 0, ran.stderr)
    assert.match(
      ran.stdout,
      /^~ floor exchange-2019 from 2024-03-01: 15\.2\.1258\.23 \(builds; before: .*15\.2\.1118\.36 15\.2\.1258\.23\)$/m,
    )
  })

  const bad: readonly (readonly [why: string, text: string | Buffer, message: RegExp])[] = [
    ['is empty', '', /is not JSON/],
    ['is cut off', textOf().slice(0, 5000), /is not JSON/],
    ['is something else', '{"a": 1}', /is missing|Unrecognized/],
    ['is a page', '<!doctype html>', /is not JSON/],
    ['has a byte order mark, which the plugin would not read', `\ufeff${textOf(newer)}`, /is not JSON/],
    [
      'has a day that does not exist',
      textOf(newer).replace('2026-11-10', '2026-02-30'),
      /builds\[\d+\]\.released: "2026-02-30" is not a date/,
    ],
    [
      'has a build twice',
      textOf((data) => ({ ...data, builds: [...data.builds, ...data.builds.slice(-1)] })),
      /is there twice/,
    ],
    ['names an unknown source', textOf(newer).replace('"src":["H"]}]', '"src":["?"]}]'), /unknown source \?/],
  ]
  for (const [why, text, message] of bad) {
    it(`refuses a file that ${why}, and leaves the one in force alone`, async () => {
      place.write(name, textOf())
      const file = place.write('new.json', text)
      for (const command of [update, diff]) {
        const ran = await command(file)
        assert.equal(ran.code, 1)
        assert.match(ran.stderr, message)
        assert.equal(ran.stdout, '')
      }
      assert.equal(readFileSync(target, 'utf8'), textOf())
    })
  }

  it('repairs a damaged catalogue, and says with what it compared', async () => {
    writeFileSync(target, '{')
    const ran = await update(put(textOf()))
    assert.equal(ran.code, 0)
    assert.match(ran.stderr, /the catalogue in force is refused .* packaged one is compared with/)
    assert.equal(readFileSync(target, 'utf8'), textOf())
  })

  it('needs a config folder, a source that is there, and sensible options', async () => {
    const nowhere = await call(['catalogue', 'update', put(textOf(newer))])
    assert.equal(nowhere.code, 2)
    assert.match(nowhere.stderr, /name it with --config/)
    const missing = await update('missing.json')
    assert.deepEqual(
      [missing.code, missing.stderr.includes('missing.json: cannot be read (ENOENT)')],
      [1, true],
    )
    assert.equal((await update('x.json', '--timeout', '0')).code, 2)
    assert.equal((await update('x.json', '--force', ' ')).code, 2)
  })

  it('says as JSON what it did', async () => {
    const ran = await update(put(textOf(newer)), '--json')
    const said: {
      written: string
      as_of: { after: string }
      builds: { added: { build: string }[] }
      backwards: string[]
    } = JSON.parse(ran.stdout)
    assert.deepEqual(
      [said.written, said.as_of.after, said.builds.added[0]?.build, said.backwards],
      [target, '2026-11-20', '15.2.2562.60', []],
    )
  })

  it('cannot write where the user may not, and says so', async () => {
    const file = put(textOf(newer))
    chmodSync(place.folder, 0o755)
    chmodSync(place.config, 0o555)
    const program = [join(__dirname, '..', '..', 'src', 'cli', 'main.js'), 'catalogue', 'update', file]
    const command = [process.execPath, ...program, '--config', place.config]
    // Root may write everywhere.
    const [first = '', ...rest] =
      process.getuid?.() === 0 ? ['runuser', '-u', 'nobody', '--', ...command] : command
    assert.throws(
      () => execFileSync(first, rest, { stdio: 'pipe' }),
      /cannot be written \(EACCES\): the folder must be writable/,
    )
    assert.ok(!existsSync(target))
  })

  describe('for the servers known', () => {
    beforeEach(async () => {
      const seen = (server: string, build: string, status: string) =>
        runningServer(server, 5, now, {
          lastEvidence: lastEvidence({ build, verdict: { status, reason: 'behind' } }),
        })
      await place.put(
        seen('below.contoso.com', '15.1.2507.61', 'compliant'),
        seen('above.contoso.com', '15.1.2507.66', 'compliant'),
        seen('old.contoso.com', '15.1.2507.16', 'outdated'),
        seen('se.contoso.com', '15.2.2562.53', 'compliant'),
        seen('unknown.contoso.com', '15.1.2507.61', 'compliant'),
        { ...seen('none.contoso.com', '', ''), lastEvidence: null },
      )
    })

    it('tells who becomes outdated, and when', async () => {
      const ran = await diff(put(textOf(newer)))
      assert.deepEqual([ran.code, ran.stderr], [0, ''])
      assert.match(ran.stdout, /servers judged otherwise: 3 of 6\n/)
      assert.match(
        ran.stdout,
        /^contoso +below\.contoso\.com +15\.1\.2507\.61 +now +compliant \(at-or-above-floor\) +outdated \(behind\)/m,
      )
      assert.match(
        ran.stdout,
        /^contoso +se\.contoso\.com +15\.2\.2562\.53 +2026-12-08 +compliant \(no-floor\) +outdated \(behind\) +/m,
      )
      assert.doesNotMatch(ran.stdout, /above\.contoso|old\.contoso|none\.contoso/)
      assert.ok(!existsSync(target))
    })

    it('tells who becomes compliant', async () => {
      place.write(name, textOf(newer))
      const ran = await diff(put(textOf()), '--json')
      const said: {
        verdicts: { servers: number; changes: { server: string; after: { status: string } }[] }
      } = JSON.parse(ran.stdout)
      assert.deepEqual(
        said.verdicts.changes.map(({ server, after }) => `${server} ${after.status}`),
        ['below.contoso.com compliant', 'unknown.contoso.com compliant', 'se.contoso.com compliant'],
      )
    })

    it('goes by the policy that is configured', async () => {
      place.write(
        'config/exchange-enforcement.ini',
        '[policy]\npreset = custom\nfloors = 15.1.2507.61\n[store]\npath = store\n',
      )
      assert.match((await diff(put(textOf(newer)))).stdout, /servers judged otherwise: none of 6\n$/)
    })
  })

  it('compares without a store, and says that servers were not looked at', async () => {
    const ran = await diff(put(textOf(newer)))
    assert.equal(ran.code, 0)
    assert.match(ran.stderr, /^servers were not looked at: nothing is stored yet/)
    assert.match(ran.stdout, /^\+ build 15\.2\.2562\.60/m)
    assert.ok(!existsSync(join(place.folder, 'store')))
    const same = await diff(put(textOf()))
    assert.match(same.stdout, /\nnothing changes\n$/)
  })

  describe('from an address', () => {
    let server: Server
    let answer: RequestListener
    let base: string

    before(async () => {
      server = createServer((request, response) => answer(request, response)).listen(0, '127.0.0.1')
      await once(server, 'listening')
      const address = server.address()
      base = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
    })
    after(() => {
      server.closeAllConnections()
      server.close()
    })

    it('takes it, also behind a redirect', async () => {
      answer = ({ url }, response) => {
        if (url === '/old') response.writeHead(302, { location: '/new' }).end()
        else response.writeHead(200, { 'content-type': 'application/json' }).end(textOf(newer))
      }
      const ran = await update(`${base}/old`)
      assert.deepEqual([ran.code, ran.stderr], [0, ''])
      assert.equal(readFileSync(target, 'utf8'), textOf(newer))
    })

    const refused: readonly (readonly [
      why: string,
      answer: RequestListener,
      message: RegExp,
      ...parameters: string[],
    ])[] = [
      ['is not there', (_, response) => void response.writeHead(404).end('no'), /: the answer is 404/],
      [
        'leads in a circle',
        (_, response) => void response.writeHead(302, { location: '/' }).end(),
        /more than 5 redirects/,
      ],
      [
        'leads to another host without TLS',
        (_, response) => void response.writeHead(301, { location: 'http://www.example.com/' }).end(),
        /^exchange-enforcement: http:\/\/www\.example\.com\/, to which http:\/\/127.* leads: only https/,
      ],
      [
        'leads to a file',
        (_, response) => void response.writeHead(301, { location: 'file:///etc/passwd' }).end(),
        /file:\/\/\/etc\/passwd, to which .*: only https/,
      ],
      [
        'leads nowhere',
        (_, response) => void response.writeHead(301, { location: 'http://[' }).end(),
        /which is no web address/,
      ],
      [
        'never ends',
        (_, response) => void response.writeHead(200).write('{'),
        /no whole answer within 1000 ms/,
        '--timeout',
        '1',
      ],
      [
        'is too large',
        (_, response) => {
          response.writeHead(200)
          const more = (): void => {
            while (!response.destroyed && response.write(' '.repeat(1024 * 1024)));
            if (!response.destroyed) response.once('drain', more)
          }
          more()
        },
        /has more than 16777216 bytes/,
      ],
      [
        'breaks off',
        (_, response) =>
          void response.writeHead(200, { 'content-length': 100 }).write('{', () => response.destroy()),
        /cannot be read/,
      ],
      ['is a page', (_, response) => void response.writeHead(200).end('<html>'), /is not JSON/],
    ]
    for (const [why, answers, message, ...parameters] of refused) {
      it(`refuses one that ${why}`, async () => {
        answer = answers
        const ran = await update(`${base}/`, ...parameters)
        assert.equal(ran.code, 1)
        assert.match(ran.stderr, message)
        assert.match(ran.stderr, /^[^\n]*\n$/)
        assert.ok(!existsSync(target))
        server.closeAllConnections()
      })
    }

    const addresses: readonly (readonly [address: string, message: RegExp])[] = [
      ['http://www.example.com/a.json', /only https is allowed/],
      ['http://127.0.0.1.example.com/a.json', /only https is allowed/],
      ['ftp://127.0.0.1/a.json', /only https is allowed/],
      [
        'https://user:secret@127.0.0.1/a.json',
        /^(?!.*secret).*user and password in an address are not supported/s,
      ],
      ['http://127.0.0.1:1/a.json', /cannot be read \((?:ECONNREFUSED|bad port)\)/],
      ['https://[', /is no web address/],
    ]
    for (const [address, message] of addresses) {
      it(`refuses ${address}`, async () => {
        const ran = await update(address)
        assert.equal(ran.code, 1)
        assert.match(ran.stderr, message)
      })
    }

    it('takes it by https from whom the system trusts, and never falls back to http', async () => {
      const [key, cert] = [join(place.folder, 'key.pem'), join(place.folder, 'cert.pem')]
      const made = [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
      ]
      execFileSync(
        'openssl',
        [
          ...made,
          '-subj',
          '/CN=localhost',
          '-addext',
          'subjectAltName=DNS:localhost,IP:127.0.0.1',
          '-keyout',
          key,
          '-out',
          cert,
        ],
        { stdio: 'ignore' },
      )
      const tls = createTlsServer(
        { key: readFileSync(key), cert: readFileSync(cert) },
        ({ url }, response) => {
          if (url === '/down') response.writeHead(302, { location: `${base}/` }).end()
          else response.end(textOf(newer))
        },
      ).listen(0, '127.0.0.1')
      await once(tls, 'listening')
      const address = tls.address()
      const secure = `https://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
      answer = (_, response) => void response.end(textOf(newer))
      try {
        const stranger = await update(`${secure}/`)
        assert.equal(stranger.code, 1)
        assert.match(stranger.stderr, /cannot be read \(DEPTH_ZERO_SELF_SIGNED_CERT\)/)
        const environment = { NODE_EXTRA_CA_CERTS: cert }
        const command = ['catalogue', 'update', '--config', place.config]
        const down = await runProgram([...command, `${secure}/down`], { environment })
        assert.equal(down.code, 1)
        assert.match(down.stderr, /http:\/\/127.*, to which https:.* leads: only https/)
        assert.ok(!existsSync(target))
        const known = await runProgram([...command, `${secure}/`], { environment })
        assert.deepEqual([known.code, known.stderr], [0, ''])
        assert.equal(readFileSync(target, 'utf8'), textOf(newer))
      } finally {
        tls.closeAllConnections()
        tls.close()
      }
    })
  })
})
