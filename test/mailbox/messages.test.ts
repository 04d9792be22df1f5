import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { countBytes, messagesOf } from '../../src/mailbox/messages'
import { Place } from '../cli/support'

const from = 'From a@contoso.com Sun Nov 22 12:00:00 2026\n'
const message = (name: string) => `Subject: ${name}\n\nbody\n`

async function read(place: Place, name: string, stdin: readonly Buffer[] = []) {
  let bytes = 0
  const input = {
    directory: place.folder,
    stdin: Readable.from(stdin),
    onBytes: (more: number) => {
      bytes += more
    },
  }
  const found: [source: string, said: string][] = []
  for await (const batch of messagesOf(name, input)) {
    for (const mail of batch) {
      found.push([mail.source, mail.kind === 'message' ? (mail.fields[0] ?? '') : `unread: ${mail.why}`])
    }
  }
  return { found, bytes, counted: name === '-' ? bytes : countBytes([name], input) }
}

describe('Mail archives', () => {
  let place: Place
  beforeEach(() => {
    place = new Place()
  })
  afterEach(() => place.remove())

  it('are read from a Maildir with its folders', async () => {
    for (const file of ['cur/1:2,S', 'new/2', '.Sent.2026/cur/3', 'Deep/new/4']) {
      place.write(`mail/${file}`, message(file))
    }
    for (const file of ['tmp/5', 'dovecot.index', '.Sent.2026/tmp/6', '.Sent.2026/maildirfolder']) {
      place.write(`mail/${file}`, message('no'))
    }
    mkdirSync(join(place.folder, 'mail/.Empty/cur'), { recursive: true })
    const { found, bytes, counted } = await read(place, 'mail')
    assert.deepEqual(found, [
      ['mail/.Sent.2026/cur/3', 'Subject: .Sent.2026/cur/3'],
      ['mail/Deep/new/4', 'Subject: Deep/new/4'],
      ['mail/cur/1:2,S', 'Subject: cur/1:2,S'],
      ['mail/new/2', 'Subject: new/2'],
    ])
    assert.equal(bytes, counted)
  })

  it('are read from folders at any depth: messages, mbox by name or by content, numbers', async () => {
    place.write('a/x.EML', message('eml'))
    place.write('a/b/c/y.eml.gz', gzipSync(message('packed')))
    place.write('a/old.mbox', `${from}${message('one')}\n${from}${message('two')}`)
    place.write('a/Inbox', `${from}${message('three')}`)
    place.write('a/mh/17', message('mh'))
    place.write('a/cyrus/18.', message('cyrus'))
    for (const none of ['a/readme.txt', 'a/.hidden.eml', 'a/.git/z.eml', 'a/From.txt']) {
      place.write(none, 'From the start on\n')
    }
    symlinkSync(place.folder, join(place.folder, 'a/round'))
    symlinkSync('nowhere', join(place.folder, 'a/gone.eml'))
    symlinkSync('x.EML', join(place.folder, 'a/link.eml'))
    assert.deepEqual((await read(place, 'a')).found, [
      ['a/Inbox', 'Subject: three'],
      ['a/b/c/y.eml.gz', 'Subject: packed'],
      ['a/cyrus/18.', 'Subject: cyrus'],
      ['a/link.eml', 'Subject: eml'],
      ['a/mh/17', 'Subject: mh'],
      ['a/old.mbox', 'Subject: one'],
      ['a/old.mbox#2', 'Subject: two'],
      ['a/x.EML', 'Subject: eml'],
    ])
  })

  it('are read from standard input, packed or not, in pieces of any size', async () => {
    const text = Buffer.from(`${from}${message('one')}\n${from}${message('two')}`)
    for (const bytes of [text, gzipSync(text)]) {
      const pieces = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))
      const { found, bytes: counted } = await read(place, '-', pieces)
      assert.deepEqual(found, [
        ['standard input', 'Subject: one'],
        ['standard input#2', 'Subject: two'],
      ])
      assert.equal(counted, bytes.length)
    }
  })

  it('are read beyond the first piece of a file, packed or not, and counted as they lie there', async () => {
    const long = 'x'.repeat(75) + '\n'
    const text = Array.from(
      { length: 40 },
      (_, at) => `${from}Subject: ${String(at)}\n\n${long.repeat(1000)}\n`,
    ).join('')
    const plain = await read(place, place.write('m.mbox', text))
    const packed = await read(place, place.write('m.mbox.gz', gzipSync(text)))
    assert.equal(plain.found.length, 40)
    assert.deepEqual(
      packed.found.map(([, said]) => said),
      plain.found.map(([, said]) => said),
    )
    assert.deepEqual([plain.bytes, packed.bytes], [plain.counted, packed.counted])
  })

  const rows: readonly (readonly [content: Buffer | string, name: string, says: RegExp, reason: string])[] = [
    ['', 'a.eml', /^the file is empty$/, 'an empty file'],
    ['\n\n', 'a.eml', /^no message is in it$/, 'blank lines'],
    [from, 'a', /^no message is in it$/, 'an mbox of one line'],
    [
      '\0\0\0',
      'a.eml',
      /^line 1 \(byte 0\): '\0\0\0' stands there; a message begins with a field/,
      'no text',
    ],
    [
      message('x'),
      'a.mbox',
      /^line 1 \(byte 0\): 'Subject: x' stands there; an mbox begins/,
      'a lost beginning',
    ],
    [
      `text\n\n${from}${message('x')}`,
      'a.mbox',
      /^line 1 \(byte 0\): 'text' stands there/,
      'and half a message',
    ],
    [gzipSync(''), 'a.gz', /^no message is in it$/, 'nothing, packed'],
    [
      Buffer.from([0x1f, 0x8b, 1, 2, 3]),
      'a.gz',
      /^incorrect header check|^unknown compression method/,
      'damaged from the start',
    ],
    [gzipSync('no mail'), 'a.gz', /^line 1 \(byte 0\): 'no mail'/, 'text, packed'],
  ]
  for (const [content, name, says, reason] of rows) {
    it(`say what is wrong: ${reason}`, async () => {
      const { found } = await read(place, place.write(name, content))
      assert.equal(found.length, 1)
      const [, said = ''] = found[0] ?? []
      assert.match(said.replace(/^unread: /, ''), says)
    })
  }

  it('are read as far as they go: a packed file whose end is lost', async () => {
    const text = Array.from({ length: 3000 }, (_, at) => `${from}Subject: ${String(at * 7919)}\n\n\n`).join(
      '',
    )
    const packed = gzipSync(text)
    const { found } = await read(place, place.write('a.mbox.gz', packed.subarray(0, packed.length / 2)))
    assert.ok(found.length > 100)
    assert.match(found.at(-1)![1], /^unread: unexpected end of file$/)
  })

  it('say that a file is not there, and that a folder holds no message', async () => {
    place.write('empty/readme.txt', 'x')
    assert.deepEqual((await read(place, 'missing')).found, [['missing', 'unread: there is no such file']])
    assert.deepEqual((await read(place, 'empty')).found, [['empty', 'unread: the folder holds no message']])
  })
})
