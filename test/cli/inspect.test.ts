import assert from 'node:assert/strict'
import { once } from 'node:events'
import { blocks, labelled, receivedOf } from '../rules/evidence/corpus'
import { call } from './in-process'
import { Place, fails, json, printed, start, obeyedByTerminals } from './support'

interface Answer {
  readonly id: string
  readonly evidence: {
    readonly kind: string
    readonly server: string | null
    readonly build: string | null
    readonly field: number | null
  }
  readonly verdict: {
    readonly status: string
    readonly reason: string
    readonly cves: readonly { readonly id: string; readonly kev: boolean; readonly state: string }[]
  } & Readonly<Record<string, unknown>>
}

const exchange = (build: string, host = 'ex01.contoso.com') =>
  `Received: from a.contoso.com (192.0.2.1) by ${host}\r\n (192.0.2.2) with Microsoft SMTP Server id ${build};\r\n\tSun, 22 Nov 2026 12:00:00 +0000`
const postfix =
  'Received: from ex01.contoso.com (ex01.contoso.com [192.0.2.2]) by mx1.example.com (Postfix) with ESMTPS id 1A2B; Sun, 22 Nov 2026 12:00:01 +0000'
const message = (...fields: readonly string[]) =>
  `${[...fields, 'Subject: secret plans'].join('\r\n')}\r\n\r\nbody\r\n`

describe('inspect --jsonl', function () {
  this.timeout(60_000)

  it('names server and build of all 906 blocks, each cut where its topmost Exchange hop connects', async () => {
    const asked = blocks.map((block) => {
      const index = block.topmost_exchange_onprem?.index ?? 0
      return { block, index, headers: block.headers.slice(receivedOf(block)[index]) }
    })
    assert.equal(asked.length, 906)
    const input = asked.map(({ block, headers }) => `${JSON.stringify({ ...block, headers })}\n`).join('')
    const lines = (await printed(['inspect', '--jsonl'], { input })).trimEnd().split('\n')
    assert.equal(lines.length, 906)
    for (const [at, { block, index }] of asked.entries()) {
      const { id, evidence }: Answer = JSON.parse(lines[at]!)
      assert.equal(id, block.id)
      const facts = labelled(block, index)
      if (facts.kind === 'neither') {
        assert.ok(evidence.kind === 'not-exchange' || evidence.kind === 'none', block.id)
        assert.equal(evidence.build, null)
        continue
      }
      assert.equal(evidence.kind, facts.kind, block.id)
      assert.equal(evidence.server, facts.server, block.id)
      assert.equal(evidence.build, facts.build, block.id)
      assert.equal(evidence.field, 0, block.id)
    }
  })

  it('gives exactly the keys that are promised, in their order', async () => {
    const line = JSON.stringify({ id: 'a', headers: [exchange('15.01.2507.039')] })
    const text = await printed(['inspect', '--jsonl', '--at', '2026-11-22'], { input: line })
    const answer: Answer = JSON.parse(text)
    assert.deepEqual(Object.keys(answer), ['id', 'evidence', 'verdict'])
    assert.deepEqual(answer.evidence, {
      kind: 'exchange',
      server: 'ex01.contoso.com',
      build: '15.1.2507.39',
      field: 0,
    })
    const { cves, missing, ...verdict } = answer.verdict
    assert.deepEqual(verdict, {
      status: 'outdated',
      reason: 'behind',
      product: 'exchange-2016',
      name: 'Exchange Server 2016 CU23 Apr24HU',
      released: '2024-04-23',
      floor: '15.1.2507.61',
      install: 'Exchange Server 2016 CU23 Oct25SU (KB5066369)',
    })
    assert.deepEqual(Object.keys(answer.verdict), [
      ...['status', 'reason', 'product', 'name', 'released', 'floor', 'missing', 'cves', 'install'],
    ])
    assert.ok(Array.isArray(missing) && missing.includes('Nov24SU'))
    assert.deepEqual(Object.keys(cves[0]!), ['id', 'kev', 'state'])
    assert.ok(cves[0]!.kev && !cves.at(-1)!.kev, 'known-exploited ones first')
  })

  it('judges as of the day and by the policy asked for', async () => {
    const input = JSON.stringify({ id: 'a', headers: [exchange('15.1.2507.39')] })
    const verdict = async (...parameters: string[]) => {
      const answer: Answer = JSON.parse(await printed(['inspect', '--jsonl', ...parameters], { input }))
      return `${answer.verdict.status} ${answer.verdict.reason}`
    }
    assert.equal(await verdict('--at', '2024-05-01'), 'compliant at-or-above-floor')
    assert.equal(await verdict('--at', '2026-11-22', '--policy', 'lifecycle'), 'outdated end-of-life')
    assert.equal(await verdict('--at', '2025-12-01', '--policy', 'lifecycle', '--esu'), 'outdated behind')
  })

  it('goes by the relays and the policy of the configuration', async () => {
    const place = new Place({
      'config/exchange-enforcement.ini':
        '[main]\ntrusted_relays = mx1.example.com\n[policy]\npreset = custom\nfloors = 15.1.2507.10\n',
    })
    try {
      const input = JSON.stringify({ id: 'a', headers: [postfix, exchange('15.1.2507.39')] })
      const answer: Answer = JSON.parse(
        await printed(['inspect', '--jsonl', '--config', place.config], { input }),
      )
      assert.equal(answer.evidence.field, 1)
      assert.equal(answer.verdict['floor'], '15.1.2507.10')
    } finally {
      place.remove()
    }
  })

  it('answers hostile lines in their place', async () => {
    const bomb = '['.repeat(100_000)
    const rows: readonly (readonly [line: string, id: string | null, says: RegExp, reason: string])[] = [
      [bomb, null, /not JSON/, 'a hundred thousand brackets'],
      ['{"id":"a"}', 'a', /headers is not an array/, 'no headers'],
      ['{"id":"a","headers":"Received: x"}', 'a', /headers is not an array/, 'headers that are a text'],
      ['{"id":"a","headers":["X: y",7]}', 'a', /headers\[1\] is not a string/, 'a field that is a number'],
      ['{"id":"a","headers":[]}', 'a', /no-evidence/, 'no field at all'],
      [
        '{"id":"a","headers":["Received:\\u0000\\u001b]0;x\\u0007"]}',
        'a',
        /no-evidence/,
        'control characters',
      ],
      ['{"__proto__":{"id":"a"},"headers":[]}', null, /id is not/, 'an id by inheritance'],
      ['\u0000\u00ff\ud800', null, /not JSON/, 'no text at all'],
      [
        JSON.stringify({ id: 'a', headers: [exchange('15.1.2507.39', 'x'.repeat(70_000))] }),
        'a',
        /no-evidence/,
        'a field of 70 KB',
      ],
      [
        JSON.stringify({ id: 'a', headers: [exchange('15.1.2507.39')] }),
        'a',
        /"behind"/,
        'and a good one at the end',
      ],
    ]
    const input = rows.map(([line]) => `${line}\n`).join('')
    const { code, stdout } = await call(['inspect', '--jsonl', '--at', '2026-11-22'], { input })
    const lines = stdout.trimEnd().split('\n')
    assert.equal(lines.length, rows.length)
    for (const [at, [, id, says, reason]] of rows.entries()) {
      assert.equal(JSON.parse(lines[at]!).id, id, reason)
      assert.match(lines[at]!, says, reason)
    }
    assert.equal(code, 1)
  })

  it('answers 100 000 lines in little memory, also while nobody reads the answers', async () => {
    const line = `${JSON.stringify({ id: 'a', headers: blocks[0]!.headers })}\n`
    const page = line.repeat(1000)
    // Neither the 160 MB of questions nor the answers would fit.
    const child = start(['inspect', '--jsonl'], {
      node: ['--max-old-space-size=48', '--max-semi-space-size=2'],
    })
    let answers = 0
    const count = (chunk: Buffer) => {
      for (const byte of chunk) if (byte === 10) answers += 1
    }
    setTimeout(() => child.stdout.on('data', count), 500)
    const closed = once(child, 'close')
    for (let thousand = 0; thousand < 100; thousand += 1) {
      if (!child.stdin.write(page)) await once(child.stdin, 'drain')
    }
    child.stdin.end()
    const [code]: unknown[] = await closed
    assert.equal(code, 0)
    assert.equal(answers, 100_000)
  })

  it('is quiet when the reader has read enough', async () => {
    const line = `${JSON.stringify({ id: 'a', headers: blocks[0]!.headers })}\n`
    const child = start(['inspect', '--jsonl'])
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.stdin.on('error', () => undefined)
    child.stdin.end(line.repeat(20_000))
    child.stdout.once('data', () => child.stdout.destroy())
    const [code]: unknown[] = await once(child, 'close')
    assert.equal(stderr, '')
    assert.equal(code, 0)
  })
})

describe('inspect', function () {
  this.timeout(20_000)
  let place: Place
  before(() => {
    place = new Place()
  })
  after(() => place.remove())

  it('tells of a message what is needed and nothing personal', async () => {
    const file = place.write('a.eml', message(exchange('15.1.2507.39')))
    const text = await printed(['inspect', '--at', '2026-11-22', file])
    const said = text.replace(/\s+/g, ' ')
    assert.ok(text.startsWith(`${file}\n`))
    assert.match(said, /server ex01\.contoso\.com \(Exchange, smtp, field 1\)/)
    assert.match(said, /build 15\.1\.2507\.39 release Exchange Server 2016 CU23 Apr24HU, released 2024-04-23/)
    assert.match(said, /verdict outdated \(behind\) because .*15\.1\.2507\.61/)
    assert.match(said, /missing Nov24SU/)
    assert.match(said, /cves CVE-\d+-\d+ \[KEV\]/)
    assert.match(said, /install Exchange Server 2016 CU23 Oct25SU \(KB5066369\)/)
    assert.doesNotMatch(text, /secret/)
    assert.ok(text.split('\n').every((line) => line.length <= 110))
  })

  it('shows what stands behind a gateway, and skips the gateway where it is named', async () => {
    const file = place.write('b.eml', message(postfix, exchange('15.1.2507.39')))
    assert.match(
      await printed(['inspect', file]),
      /mx1\.example\.com \(not Exchange.*\n[^]*behind +ex01\.contoso\.com/,
    )
    const skipped = await printed(['inspect', file, '--relay', 'mx1.example.com'])
    assert.match(skipped, /server +ex01\.contoso\.com \(Exchange, smtp, field 2\)/)
  })

  it('reads mbox, Maildir, folders of messages and standard input alike', async () => {
    const mbox = [
      'From a@contoso.com Sun Nov 22 12:00:00 2026',
      message(exchange('15.1.2507.39', 'one.contoso.com')),
      'From the start at 10:30 in 2026 nothing was clear',
      '',
      'From b@contoso.com Sun Nov 22 12:00:00 2026',
      message(exchange('15.1.2507.39', 'two.contoso.com')),
    ].join('\n')
    place.write('Mail/cur/2:2,S', message(exchange('15.1.2507.39', 'four.contoso.com')))
    place.write('Mail/new/1', message(exchange('15.1.2507.39', 'five.contoso.com')))
    place.write('Mail/tmp/1', message(exchange('15.1.2507.39', 'never.contoso.com')))
    place.write('folder/x.EML', message(exchange('15.1.2507.39', 'three.contoso.com')))
    place.write('folder/readme.txt', 'no mail')
    const found = await json<readonly Answer[]>(
      ['inspect', place.write('box', mbox), 'folder', 'Mail', '-'],
      { directory: place.folder, input: message(exchange('15.1.2507.39', 'six.contoso.com')) },
    )
    assert.deepEqual(
      found.map(({ id, evidence }) => [id, evidence.server]),
      [
        [`${place.folder}/box`, 'one.contoso.com'],
        [`${place.folder}/box#2`, 'two.contoso.com'],
        ['folder/x.EML', 'three.contoso.com'],
        ['Mail/cur/2:2,S', 'four.contoso.com'],
        ['Mail/new/1', 'five.contoso.com'],
        ['standard input', 'six.contoso.com'],
      ],
    )
    assert.match(
      await printed(['inspect'], { input: message(exchange('15.1.2507.39')) }),
      /^standard input\n/,
    )
  })

  it('looks at the other files where one cannot be read, and ends with exit code 1', async () => {
    const good = place.write('good.eml', message(exchange('15.1.2507.39')))
    const { code, stdout, stderr } = await call(['inspect', 'missing.eml', good, '--json'], {
      directory: place.folder,
    })
    assert.equal(code, 1)
    assert.equal(stderr, 'exchange-enforcement: missing.eml: there is no such file\n')
    assert.equal(JSON.parse(stdout).length, 1)
  })

  it('escapes what a terminal would obey', async () => {
    const file = place.write(
      'evil.eml',
      'Received: by ex\u001b[31m\u202e.contoso.com with Microsoft SMTP Server id 15.1.2507.39\n\n',
    )
    const name = place.write('a\u001b]0;title\u0007.eml', message(exchange('15.1.2507.39')))
    for (const parameters of [
      [file, name],
      [file, name, '--json'],
    ]) {
      const text = await printed(['inspect', ...parameters])
      assert.doesNotMatch(text, obeyedByTerminals)
    }
  })

  for (const [content, says, reason] of [
    ['', /none: the file is empty/, 'an empty file'],
    ['\n\n\n', /none: no message is in it/, 'blank lines'],
    [
      '\0'.repeat(100_000),
      /none: line 1 \(byte 0\): '.* stands there; a message begins with a field/,
      'NUL bytes',
    ],
    ['hello world\nReceived: x\n', /none: line 1 \(byte 0\): 'hello world' stands there/, 'a text'],
  ] as const) {
    it(`says that there is no message in ${reason}`, async () => {
      await fails(1, says, ['inspect', place.write('none', content)])
    })
  }

  it('reads a header of 200 MB without keeping it', async () => {
    const child = start(['inspect', '-', '--json'], {
      node: ['--max-old-space-size=48', '--max-semi-space-size=2'],
    })
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    const closed = once(child, 'close')
    child.stdin.write(`${exchange('15.1.2507.39')}\r\n`)
    const long = `X-Long: ${'x'.repeat(1_000_000)}`
    for (let megabyte = 0; megabyte < 200; megabyte += 1) {
      if (!child.stdin.write(megabyte % 2 ? long : `${long}\n\t`)) await once(child.stdin, 'drain')
    }
    child.stdin.end()
    const [code]: unknown[] = await closed
    assert.equal(code, 0)
    assert.equal(JSON.parse(stdout)[0].evidence.build, '15.1.2507.39')
  })

  for (const [parameters, message, reason] of [
    [
      ['inspect', '--at', '2026-13-01', '-'],
      /--at '2026-13-01' is not a date/,
      'a month that does not exist',
    ],
    [
      ['inspect', '--policy', 'strict', '-'],
      /Allowed choices are microsoft, lifecycle, custom/,
      'an unknown policy',
    ],
    [['inspect', '--policy', 'custom', '-'], /has none/, 'a policy without its floors'],
    [
      ['inspect', '--relay', 'a b', '--', '-'],
      /--relay 'a b' is not a domain name/,
      'a relay that is no name',
    ],
    [['inspect', '--jsonl', 'file.eml'], /leave out the files/, 'files where lines are read'],
  ] as const) {
    it(`is wrong usage: ${reason}`, () => fails(2, message, parameters))
  }

  it('answers no where a folder holds no message', async () => {
    place.write('nothing/readme.txt', 'no mail')
    await fails(1, /the folder holds no message/, ['inspect', 'nothing'], { directory: place.folder })
  })
})
