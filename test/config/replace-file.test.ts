import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFile, FileNotReplaced, replaceFile } from '../../src/config/replace-file'

describe('replaceFile', () => {
  let folder: string
  let path: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'exchange-enforcement-file-'))
    path = join(folder, 'a.json')
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const refuse = (): never => {
    throw new Error('it is no good')
  }

  it('puts the old file back where the new one is not good', () => {
    writeFileSync(path, 'old', { mode: 0o600 })
    const seen: string[] = []
    const verify = (): void => {
      seen.push(readFileSync(path, 'utf8'))
      refuse()
    }
    assert.throws(
      () => replaceFile(path, 'new', verify),
      (error: unknown) =>
        error instanceof FileNotReplaced && /put back as it was.*it is no good/.test(error.message),
    )
    assert.deepEqual(seen, ['new'])
    assert.equal(readFileSync(path, 'utf8'), 'old')
    assert.equal(statSync(path).mode & 0o777, 0o600)
    assert.deepEqual(readdirSync(folder), ['a.json'])
  })

  it('leaves no file where there was none and the new one is not good', () => {
    assert.throws(() => replaceFile(path, 'new', refuse), FileNotReplaced)
    assert.deepEqual(readdirSync(folder), [])
  })

  it('shows a reader the old or the new file, never a part', () => {
    const [old, other] = ['a'.repeat(1_000_000), 'b'.repeat(2_000_000)]
    writeFileSync(path, old)
    const before = statSync(path).ino
    replaceFile(path, other, () => assert.equal(readFileSync(path, 'utf8'), other))
    assert.notEqual(statSync(path).ino, before)
  })

  it('says that the place is none, and leaves nothing behind', () => {
    assert.throws(() => replaceFile(join(folder, 'none', 'a'), 'x'), /ENOENT.*no such folder/)
    assert.throws(() => replaceFile(folder, 'x'), /it is a folder/)
    assert.deepEqual(readdirSync(folder), [])
  })

  it('never makes a file over one that is there', () => {
    createFile(path, 'first')
    assert.throws(() => createFile(path, 'second'), /is there already/)
    assert.equal(readFileSync(path, 'utf8'), 'first')
    assert.deepEqual(readdirSync(folder), ['a.json'])
  })

  it('keeps a file that is not to be read by others so', () => {
    writeFileSync(path, 'old')
    chmodSync(path, 0o600)
    replaceFile(path, 'new')
    assert.equal(statSync(path).mode & 0o777, 0o600)
  })
})
