import assert from 'node:assert/strict'
import { Wording } from '../../src/notify/wording'
import type { Language } from '../../src/config/language'

describe('dates in notices', () => {
  const dates: readonly [why: string, language: Language, day: string, instant: string][] = [
    ['the day stands first', 'en', '1 February 2027', '1 February 2027 at 08:20 UTC'],
    ['it is an ordinal number', 'de', '1. Februar 2027', '1. Februar 2027 um 08:20 UTC'],
    [
      'the first of a month alone is an ordinal number',
      'fr',
      '1er février 2027',
      '1er février 2027 à 08:20 UTC',
    ],
    ['months have small letters', 'nl', '1 februari 2027', '1 februari 2027 om 08:20 UTC'],
    ['the year stands first', 'ja', '2027年2月1日', '2027年2月1日 08:20 UTC'],
  ]
  for (const [why, language, day, instant] of dates) {
    it(`are written as ${language} writes them: ${why}`, () => {
      const wording = new Wording(language)
      assert.equal(wording.day('2027-02-01'), day)
      assert.equal(wording.instant(Date.UTC(2027, 1, 1, 8, 20)), instant)
    })
  }

  it('leave other days of a French month as they are', () => {
    assert.equal(new Wording('fr').day('2027-02-11'), '11 février 2027')
  })
})
