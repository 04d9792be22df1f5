import assert from 'node:assert/strict'
import fs, { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mock } from 'node:test'
import { howToMake, makeToken, readToken, TokenFile } from '../../src/config/token-file'

const good = 'abcdefghijklmnopqrstuvwxyz0123456789'

describe('The file of a token', () => {
  let folder: string
  let path: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'exchange-enforcement-token-'))
    path = join(folder, 'token')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const write = (text: string, mode = 0o600): void => {
    writeFileSync(path, text)
    chmodSync(path, mode)
  }

  for (const [text, mode, why, reason] of [
    [good, 0o604, /open to every user of this host; close it: chmod o=/, 'everybody may read it'],
    [good, 0o602, /open to every user/, 'everybody may write it'],
    ['', 0o600, /holds 0 characters, 32 are needed/, 'it is empty'],
    [good.slice(0, 31), 0o600, /holds 31 characters, 32 are needed; .*--make-token/, 'it can be guessed'],
    ['a'.repeat(1030), 0o600, /more than 1024 characters/, 'it is something else, a log perhaps'],
    [`${good}\n${good}\n`, 0o600, /one line of printable ASCII/, 'two lines: which one is meant?'],
    [`${good} ${good}`, 0o600, /without blanks/, 'a blank gets lost when it is copied'],
    [`${good}ä`, 0o600, /printable ASCII/, 'bytes of which nobody knows the encoding'],
  ] as const) {
    it(`is refused: ${reason}`, () => {
      write(text, mode)
      const reading = readToken(path, howToMake.page)
      assert.ok(!reading.ok)
      assert.match(reading.why, why)
      assert.ok(!reading.why.includes(good.slice(0, 10)), 'the message does not tell it')
    })
  }

  it('is refused where there is no file, or a folder in its place', () => {
    const missing = readToken(path, howToMake.page)
    assert.ok(!missing.ok && /cannot be read: ENOENT/.test(missing.why))
    const notAFile = readToken(folder, howToMake.page)
    assert.ok(!notAFile.ok && /is not a file/.test(notAFile.why))
  })

  for (const [text, mode, reason] of [
    [good, 0o600, 'its owner alone reads it'],
    [`${good}\n`, 0o640, 'its group may, and an editor ended the line'],
    [`${good}\r\n`, 0o400, 'an editor of Windows did'],
  ] as const) {
    it(`is taken: ${reason}`, () => {
      write(text, mode)
      const token = new TokenFile(() => path, howToMake.page)
      assert.ok(token.accepts(good))
      for (const other of ['', good.slice(1), `${good}x`, good.toUpperCase()])
        assert.ok(!token.accepts(other))
    })
  }

  it('counts as soon as its file is exchanged, and lets nobody in when it is gone', () => {
    write(good)
    const token = new TokenFile(() => path, howToMake.page)
    const before = token.name()
    assert.ok(before !== null && !before.includes(good))
    write(`${good}-another`)
    assert.ok(!token.accepts(good))
    assert.ok(token.accepts(`${good}-another`))
    assert.notEqual(token.name(), before)
    rmSync(path)
    assert.ok(!token.accepts(`${good}-another`))
    assert.equal(token.name(), null)
    assert.match(token.trouble() ?? '', /cannot be read: ENOENT/)
    assert.ok(!new TokenFile(() => null, howToMake.page).accepts(''))
  })

  it('is tried again after a passing trouble, though it has not changed', () => {
    write(good)
    const token = new TokenFile(() => path, howToMake.page)
    const opening = mock.method(fs, 'openSync', () => {
      throw new Error('EMFILE: too many open files')
    })
    try {
      assert.match(token.trouble() ?? '', /cannot be read: EMFILE/)
    } finally {
      opening.mock.restore()
    }
    assert.equal(token.trouble(), null)
    assert.ok(token.accepts(good))
  })

  it('is made at random for its owner alone, and never over another', () => {
    makeToken(path)
    assert.equal(statSync(path).mode & 0o777, 0o600)
    const made = readFileSync(path, 'utf8')
    assert.match(made, /^[\w-]{43}\n$/)
    assert.ok(readToken(path, howToMake.page).ok)
    assert.throws(() => makeToken(path), /EEXIST/)
    assert.equal(readFileSync(path, 'utf8'), made)
  })
})
