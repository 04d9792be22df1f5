import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { packagedCataloguePath } from '../../src/config/catalogue-file'
import { call } from './in-process'
import { Place, fails, installed, json, printed } from './support'

const withPlace =
  (files: Readonly<Record<string, string>>, work: (place: Place) => Promise<void>) => async () => {
    const place = new Place(files)
    try {
      await work(place)
    } finally {
      place.remove()
    }
  }

describe('config, connectors and catalogue', function () {
  this.timeout(20_000)
  let place: Place
  before(() => {
    place = installed()
  })
  after(() => place.remove())
  const bad = { 'config/exchange-enforcement.ini': '[main]\nmod = report\nscope = all\n[polcy]\nx = 1\n' }

  it('config check tells that all is well, and where it looked', async () => {
    const text = await printed(['config', 'check', '--config', place.config])
    assert.equal(text, `the configuration is valid, warnings: 0 (${place.config})\n`)
  })

  it(
    'config check names every mistake, in words and as JSON',
    withPlace(bad, async ({ config }) => {
      const { code, stdout, stderr } = await call(['config', 'check', '--config', config])
      assert.equal(code, 1)
      assert.equal(stderr, '')
      assert.match(stdout, /error .*exchange-enforcement\.ini:2: \[main\] mod: .*did you mean 'mode'/)
      assert.match(stdout, /error .*\[main\] scope: 'all'/)
      assert.match(stdout, /\nerrors: 3, warnings: \d/)
      const ran = await call(['config', 'check', '--json', '--config', config])
      assert.equal(ran.code, 1)
      const answer: { ok: boolean; problems: { line: number; key: string }[] } = JSON.parse(ran.stdout)
      assert.equal(answer.ok, false)
      assert.deepEqual(
        answer.problems.map(({ line }) => line),
        [2, 3, 4],
      )
    }),
  )

  it(
    'config check looks at the catalogue beside the files',
    withPlace({ 'config/exchange-enforcement.catalogue.json': '{"schema": 1}' }, async ({ config }) => {
      const { code, stdout } = await call(['config', 'check', '--config', config])
      assert.equal(code, 1)
      assert.match(stdout, /error .*exchange-enforcement\.catalogue\.json: as_of/)
      await fails(1, /catalogue refused: .*'catalogue check' lists everything/, [
        'decide',
        '--jsonl',
        '--config',
        config,
      ])
    }),
  )

  it(
    'other commands refuse an invalid configuration in one line',
    withPlace(bad, async ({ config }) => {
      for (const command of [
        ['inspect', '-'],
        ['decide', '--jsonl'],
        ['servers'],
        ['connectors', 'list'],
        ['config', 'show'],
      ]) {
        await fails(1, /configuration refused: .*\(and 2 more\); 'config check' lists everything/, [
          ...command,
          '--config',
          config,
        ])
      }
    }),
  )

  it(
    'config show masks secrets, and shows a file that says the same',
    withPlace(
      {
        'config/exchange-enforcement.ini':
          '[store]\nbackend = redis\n[redis]\nurl = redis://me:hush@192.0.2.1/3\n',
      },
      async ({ config }) => {
        const shown = await printed(['config', 'show', '--config', config])
        assert.doesNotMatch(shown + (await printed(['config', 'show', '--json', '--config', config])), /hush/)
        assert.match(shown, /password = \*{8}/)
        assert.match(shown, /host = 192\.0\.2\.1/)
      },
    ),
  )

  it('connectors list shows what holds for each', async () => {
    const rows = await json<readonly Record<string, unknown>[]>([
      'connectors',
      'list',
      '--config',
      place.config,
    ])
    assert.deepEqual(
      rows.map(({ id, tenant, mode, esu }) => [id, tenant, mode, esu]),
      [
        ['contoso-hybrid', 'contoso', 'enforce', false],
        ['contoso-plant', 'contoso', 'enforce', false],
        ['fabrikam', 'fabrikam', 'enforce', true],
      ],
    )
    const text = await printed(['connectors', 'list', '--config', place.config])
    assert.match(text, /contoso-plant +contoso +onpremises +enforce +mail +data +no +- +192\.0\.2\.0\/28 +-/)
    const none = await call(['connectors', 'list'])
    assert.equal(none.code, 1)
    assert.match(none.stderr, /there is no connector/)
  })

  it(
    'connectors check tells ties, and certificate files that are none',
    withPlace({}, async (other) => {
      const check = ['connectors', 'check', '--config', other.config]
      const file = 'config/exchange-enforcement.connectors.ini'
      other.write(file, '[a]\naddresses = 192.0.2.1\n[b]\naddresses = 192.0.2.1\n')
      const tie = await call(check)
      assert.equal(tie.code, 1)
      assert.match(tie.stdout, /error .*\[a\] and \[b\] both have 192\.0\.2\.1\/32/)
      other.write('config/ca.pem', 'no certificate')
      other.write(file, '[a]\ntls_certificate_name = a.contoso.com\ntls_ca_file = ca.pem\n')
      const trust = await call([...check, '--json'])
      assert.equal(trust.code, 1)
      assert.match(trust.stdout, /ca\.pem/)
      other.write(file, '[a]\naddresses = 192.0.2.1\n')
      other.write('config/exchange-enforcement.ini', '[main]\nmode = wild\n')
      assert.match(await printed(check), /the connectors are valid, warnings: 1/)
    }),
  )

  it('catalogue show lists the products and knows a build in each spelling', async () => {
    assert.match(await printed(['catalogue', 'show']), /exchange-2007 .* never passes\n/)
    const all = await json<{ products: { id: string }[] }>(['catalogue', 'show'])
    assert.equal(all.products.at(-1)?.id, 'exchange-se')
    const one = await json<{ build: string; product: string; listed: boolean }>([
      'catalogue',
      'show',
      '15.01.2507.039',
    ])
    assert.deepEqual([one.build, one.product, one.listed], ['15.1.2507.39', 'exchange-2016', true])
    assert.match(
      await printed(['catalogue', 'show', '15.1.2507.40']),
      /counts as +15\.1\.2507\.39 Exchange Server 2016/,
    )
    assert.match(await printed(['catalogue', 'show', '15.2.9999.1']), /newer than the catalogue/)
  })

  it('catalogue show answers no for a version that no product has', async () => {
    await fails(1, /no product of the catalogue has the version 7\.0\.0\.1/, ['catalogue', 'show', '7.0.0.1'])
    await fails(2, /'latest' is no build/, ['catalogue', 'show', 'latest'])
  })

  it(
    'catalogue check names what is wrong in a file',
    withPlace({}, async (other) => {
      const text = readFileSync(packagedCataloguePath(), 'utf8')
      assert.match(await printed(['catalogue', 'check', other.write('good.json', text)]), /is valid: as of 2/)
      assert.equal((await json<{ ok: boolean }>(['catalogue', 'check'])).ok, true)
      const wrong = other.write('bad.json', text.replace(/"released": "\d{4}/, '"released": "20x5'))
      const ran = await call(['catalogue', 'check', wrong])
      assert.equal(ran.code, 1)
      assert.match(ran.stdout, /^error products\[0\]\.released: /)
      const missing = await call(['catalogue', 'check', 'missing.json', '--json'])
      assert.equal(missing.code, 1)
      assert.match(missing.stdout, /cannot be read/)
      other.write('config/exchange-enforcement.catalogue.json', '{')
      const inForce = await call(['catalogue', 'check', '--config', other.config])
      assert.equal(inForce.code, 1)
      assert.match(inForce.stdout, /is not JSON/)
    }),
  )
})
