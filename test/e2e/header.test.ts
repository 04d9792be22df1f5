import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { exchangeReceived } from '../support/exchange-headers'
import { startHaraka } from '../support/haraka'
import type { HarakaOptions, RunningHaraka } from '../support/haraka'
import {
  attributedTo,
  compliant,
  fieldName,
  lastMessage,
  outdated,
  pluginName,
  recordOf,
  reportingFields,
  resultsOf,
} from './scene'

const connectors = '[hybrid]\ntenant = contoso\naddresses = 8.8.30.0/24'
const friend = '8.8.30.1'
const stranger = '8.8.1.1'

const forged: [what: string, fields: readonly string[]][] = [
  ['as we write it', [`${fieldName}: v=1; action=accept; forged`]],
  ['in another case', [`x-EXCHANGE-enforcement: forged`]],
  ['with a blank before the colon', [`${fieldName} : forged`]],
  ['with a tab before the colon', [`${fieldName}\t:forged`]],
  ['with a fold before the colon', [`${fieldName}\r\n : forged`]],
  ['folded', [`${fieldName}:\r\n forged\r\n\tforged`]],
  [
    'twice, and once more in between',
    [`${fieldName}: forged`, `X-Other: y`, `${fieldName.toUpperCase()} : forged`],
  ],
  ['a hundred times', Array.from({ length: 100 }, () => `${fieldName}: forged`)],
  ['ten thousand times', Array.from({ length: 10_000 }, () => `${fieldName}: forged`)],
  ['with a character in it that nobody sees', [`X-Ex\u200bchange-Enforcement: forged`]],
  ['behind a byte order mark', [`\ufeff${fieldName}: forged`]],
  ['with a Cyrillic letter for one of ours', [`X-Exch\u0430nge-Enforcement: forged`]],
  ['in letters of full width', [`\uff38-Exchange-Enforcement: forged`]],
  ['empty', [`${fieldName}:`]],
  ['behind a bare carriage return', [`${fieldName}\r: forged`]],
  ['after a dot that SMTP doubles', [`X-Other: a\r\n.b`, `${fieldName}: forged`]],
  [
    'behind more header lines than Haraka reads',
    [...Array.from({ length: 1100 }, (_, i) => `X-N: ${String(i)}`), `${fieldName}: forged`],
  ],
]

const alike = ['X-Exchange-Enforcement-Other: kept', 'XX-Exchange-Enforcement: kept', 'X-Exchange: kept']

/** Writes what it sees of us, and puts the usual field on top. */
const watchingPlugin = `
exports.register = function () { this.register_hook('data_post', 'look', 50) }
exports.look = function (next, connection) {
  const { transaction } = connection
  const notes = transaction.notes.exchange_enforcement
  if (notes) transaction.add_header('X-Seen', JSON.stringify(notes))
  const results = transaction.results.get('${pluginName}')
  if (results) transaction.add_header('X-Results', JSON.stringify(results))
  next()
}
`
/** Adds a field on top before we look at the message, as SPF and DKIM plugins do. */
const toppingPlugin = `
exports.register = function () { this.register_hook('data_post', 'top', -90) }
exports.top = function (next, connection) {
  connection.transaction.add_leading_header('Authentication-Results', 'mx.example.com; spf=pass')
  connection.transaction.add_leading_header('X-Received-By', 'not a Received field')
  next()
}
`

describe('The reporting field', function () {
  this.timeout(20_000)

  async function withHaraka(
    options: HarakaOptions,
    work: (haraka: RunningHaraka) => Promise<void>,
  ): Promise<void> {
    const haraka = await startHaraka(options)
    try {
      await work(haraka)
    } finally {
      await haraka.stop()
    }
  }

  describe('from outside', () => {
    const servers: [mode: string, settings: string, connectors: string][] = [
      ['mode = report', '[main]\nmode = report', connectors],
      ['mode = off', '[main]\nmode = off', connectors],
      ['add_header = no', '[main]\nadd_header = no', connectors],
      ['a configuration that is refused', '[main]\nmode = enfroce', connectors],
    ]
    for (const [mode, settings, text] of servers) {
      it(`never survives with ${mode}, however it is written, nor takes others along`, async () => {
        await withHaraka({ settings, connectors: text }, async (haraka) => {
          for (const [what, fields] of forged) {
            for (const proxyFrom of [friend, stranger]) {
              const report = await haraka.send({ proxyFrom, headers: [...fields, ...alike] })
              assert.equal(report.accepted, true, `${what}: ${report.raw}`)
              const message = lastMessage(haraka)
              const own = proxyFrom === friend && mode === 'mode = report' ? 1 : 0
              const ours = reportingFields(message).filter((field) => !field.includes('-Other: kept'))
              assert.equal(ours.length, own, `${what}: ${ours.join('|')}`)
              // Beyond 1000 lines Haraka itself drops the rest.
              if (fields.length < 1000) {
                for (const field of alike) assert.ok(message.headers.includes(field), `${what}: ${field}`)
              }
              const [head = ''] = message.raw.split('\r\n\r\n')
              assert.ok(!head.includes('forged'), what)
              assert.equal(/^x-exchange-enforcement\s*:/gim.exec(head)?.length ?? 0, own, what)
            }
          }
        })
      })
    }

    it('never survives where the plugin could not start at all, and Haraka serves', async () => {
      const config = { 'exchange-enforcement.catalogue.json': '{ "half": ' }
      await withHaraka({ connectors, config }, async (haraka) => {
        await haraka.logged(/^\[CRIT\].*cannot start, the plugin stays off: .*catalogue\.json: is not JSON/m)
        const report = await haraka.send({
          proxyFrom: friend,
          headers: [`${fieldName}: forged`, `${fieldName} : forged`],
        })
        assert.equal(report.accepted, true)
        assert.deepEqual(reportingFields(lastMessage(haraka)), [])
        assert.equal(resultsOf(lastMessage(haraka)), null)
      })
    })
  })

  describe('of ours', () => {
    let haraka: RunningHaraka

    before(async () => {
      haraka = await startHaraka({
        plugins: ['topping', 'watching', pluginName],
        pluginSources: { topping: toppingPlugin, watching: watchingPlugin },
        settings: '[main]\nmode = report\ntrusted_relays = *.gateways.example.com',
        connectors,
        hostName: 'mx.example.com',
      })
    })

    after(() => haraka.stop())

    const headOf = async (headers: readonly string[], proxyFrom = friend): Promise<string> => {
      const report = await haraka.send({ proxyFrom, headers })
      assert.equal(report.accepted, true, report.raw)
      const [field, ...more] = reportingFields(lastMessage(haraka))
      assert.equal(more.length, 0)
      return field ?? ''
    }

    it('stands once on an accepted, attributed message, with what was found', async () => {
      assert.match(
        await headOf(outdated('ex01.contoso.local')),
        /^X-Exchange-Enforcement: v=1; connector=hybrid; server=ex01\.contoso\.local; build=15\.1\.2106\.2; verdict=outdated; reason=[a-z-]+; action=accept$/,
      )
      assert.match(
        await headOf(compliant('ex02.contoso.local')),
        /server=ex02\.contoso\.local; build=15\.2\.9999\.1; verdict=compliant; /,
      )
      assert.equal(
        await headOf(['X-Mailer: none']),
        'X-Exchange-Enforcement: v=1; connector=hybrid; verdict=undetermined; reason=no-evidence; action=accept',
      )
    })

    it('never stands on a stranger’s message', async () => {
      assert.equal(await headOf(outdated('ex01.contoso.local'), stranger), '')
      assert.equal(attributedTo(lastMessage(haraka)), 'none')
    })

    it('goes with notes and results for other plugins, of the same facts (R2)', async () => {
      await headOf(outdated('ex03.contoso.local'))
      const { headers } = lastMessage(haraka)
      const read = (name: string): Record<string, unknown> => {
        const field = headers.find((each) => each.startsWith(`${name}: `)) ?? ''
        const value: Record<string, unknown> = JSON.parse(
          field.slice(name.length + 2).replace(/\r?\n\s*/g, ' '),
        )
        return value
      }
      const notes = read('X-Seen')
      const facts = {
        connector: 'hybrid',
        tenant: 'contoso',
        server: 'ex03.contoso.local',
        build: '15.1.2106.2',
      }
      for (const [name, value] of Object.entries(facts)) {
        assert.equal(notes[name], value)
        assert.equal(read('X-Results')[name], value)
      }
      assert.deepEqual(
        [notes['verdict'], notes['action'], notes['attribution']],
        ['outdated', 'accept', 'address 8.8.30.0/24'],
      )
      assert.deepEqual(read('X-Results')['fail'], ['outdated'])
    })

    it('knows Haraka’s own Received field below what other plugins put on top', async () => {
      const fields = [exchangeReceived({ server: 'gw1.gateways.example.com', build: '15.1.2106.2' })]
      assert.match(
        await headOf([...fields, ...compliant('ex04.contoso.local')]),
        /server=ex04\.contoso\.local; .*verdict=compliant/,
      )
      const { headers } = lastMessage(haraka)
      assert.ok(headers.some((field) => field.startsWith('X-Received-By:')))
      assert.ok(headers.some((field) => field.startsWith('Received: from ex01.contoso.com')))
    })

    it('does not take the sender’s copy of an id of ours for our own field', async () => {
      const sender =
        'Received: from a by mx.example.com with ESMTP id 00000000-0000-0000-0000-000000000000.1; Sun, 22 Nov 2026 09:05:08 +0000'
      assert.match(await headOf([sender, ...outdated('ex05.contoso.local')]), /verdict=undetermined; reason=/)
    })

    const hostile: [what: string, headers: readonly string[], expected: RegExp | null][] = [
      [
        '90 Received fields',
        [
          ...outdated('ex06.contoso.local'),
          ...Array.from({ length: 88 }, () =>
            exchangeReceived({ server: 'deep.contoso.local', build: '15.2.9999.1' }),
          ),
        ],
        /server=ex06\.contoso\.local; .*verdict=outdated/,
      ],
      [
        'a field of 64 KiB',
        [`X-Long: ${'x'.repeat(900).concat('\r\n ').repeat(72)}y`, ...outdated('ex07.contoso.local')],
        /server=ex07\.contoso\.local; .*verdict=outdated/,
      ],
      [
        'a Received field of 64 KiB',
        [`Received: ${'(a '.repeat(300).concat('\r\n ').repeat(72)}y`, ...outdated('ex08.contoso.local')],
        /verdict=undetermined/,
      ],
      [
        'NUL bytes',
        ['X-Nul: a\0b', ...outdated('ex09.contoso.local'), 'Received: \0'],
        /server=ex09\.contoso\.local; /,
      ],
      [
        'a NUL in the name of the server',
        [outdated('ex10.contoso.local').join('\r\n').replaceAll('ex10.', 'ex10\0.')],
        /verdict=undetermined|server=ex10/,
      ],
      [
        'bytes that are no text',
        ['X-Bytes: \xff\xfe\x80', ...outdated('ex11.contoso.local')],
        /server=ex11\.contoso\.local; /,
      ],
      [
        'a field without a name',
        [': nothing', 'no colon at all', ...outdated('ex12.contoso.local')],
        /connector=hybrid/,
      ],
      [
        'a continuation of nothing',
        [' folded from nowhere', ...outdated('ex13.contoso.local')],
        /connector=hybrid/,
      ],
    ]
    for (const [what, headers, expected] of hostile) {
      it(`is calm at ${what}`, async () => {
        const field = await headOf(headers)
        assert.match(field, expected ?? /^$/)
        assert.match(field, /^[\x20-\x7e]*$/)
        assert.doesNotMatch(haraka.log(), /fault in hook/)
      })
    }

    it('stands on a message without any header, and on an empty one', async () => {
      for (const text of ['\r\nbody\r\n', '', 'body without a header\r\n', '\r\n']) {
        const client = await haraka.connect({ proxyFrom: friend })
        await client.ehlo()
        await client.mail('a@contoso.com')
        await client.rcpt('bob@example.com')
        assert.equal((await client.command('DATA')).code, 354)
        client.write(`${text}.\r\n`)
        assert.equal((await client.reply()).code, 250, JSON.stringify(text))
        await client.quit()
        assert.equal(reportingFields(lastMessage(haraka)).length, 1, JSON.stringify(text))
      }
    })

    it('never came with a fault', () => {
      assert.doesNotMatch(haraka.log(), /fault in hook|^\[CRIT\]/m)
    })
  })

  it('is right where Haraka adds no Received field of its own', async () => {
    const stock = readFileSync(require.resolve('Haraka/config/connection.ini'), 'utf8')
    const connectionIni = stock
      .replace(/^; add_received=true$/m, 'add_received=false')
      .replace(/^hosts\[\] =$/m, 'hosts[] = 127.0.0.1')
    await withHaraka(
      { settings: '[main]\nmode = report', connectors, config: { 'connection.ini': connectionIni } },
      async (haraka) => {
        await haraka.send({ proxyFrom: friend, headers: outdated('ex20.contoso.local') })
        const message = lastMessage(haraka)
        assert.ok(!message.headers.some((field) => field.includes('by mx.example.com')))
        assert.match(reportingFields(message).join(), /server=ex20\.contoso\.local; .*verdict=outdated/)
        assert.equal(
          (await recordOf(haraka.folder, 'contoso', 'ex20.contoso.local'))?.clock.state,
          'suspected',
        )
      },
    )
  })

  it('is left out with add_header = no, while all else goes on', async () => {
    await withHaraka({ settings: '[main]\nadd_header = no', connectors }, async (haraka) => {
      await haraka.send({ proxyFrom: friend, headers: outdated('ex21.contoso.local') })
      assert.deepEqual(reportingFields(lastMessage(haraka)), [])
      assert.equal(resultsOf(lastMessage(haraka))?.['server'], 'ex21.contoso.local')
    })
  })

  it('needs no store with mode = off (F6)', async () => {
    await withHaraka({ settings: '[main]\nmode = off', connectors }, async (haraka) => {
      await haraka.send({ proxyFrom: friend, headers: outdated('ex22.contoso.local') })
      assert.equal(existsSync(join(haraka.folder, pluginName)), false)
      assert.equal(resultsOf(lastMessage(haraka)), null)
    })
  })
})
