import assert from 'node:assert/strict'
import { collect } from '../../src/report/collect'
import type { Fleet } from '../../src/report/fleet'
import {
  cutPage,
  everyServer,
  findServers,
  readQuery,
  writeQuery,
  type ServerQuery,
} from '../../src/report/server-query'
import { filled, fleetAt, fleetRules } from '../support/fleet'

describe('A query for servers', () => {
  let fleet: Fleet
  before(async () => {
    fleet = await collect(await filled(), fleetRules, fleetAt)
  })

  const written: readonly (readonly [text: string, said: Partial<ServerQuery>, reason: string])[] = [
    ['', {}, 'nothing asks for all'],
    ['status=outdated&stage=3', { status: 'outdated', stage: 3 }, 'two conditions'],
    ['tenant=contoso&text=ex01+2016', { tenant: 'contoso', text: 'ex01 2016' }, 'words'],
    [
      'exploited=yes&sort=build&reversed=yes&page=7',
      { exploited: true, sort: 'build', reversed: true, page: 7 },
      'an order',
    ],
    ['tenant=%3Cb%3E%26', { tenant: '<b>&' }, 'markup is a name like any other'],
  ]
  for (const [text, said, reason] of written) {
    it(`is read and written as '${text}': ${reason}`, () => {
      const query = { ...everyServer, ...said }
      assert.deepEqual(readQuery(new URLSearchParams(text)), query)
      assert.equal(writeQuery(query).toString(), text)
    })
  }

  const senseless: readonly (readonly [text: string, reason: string])[] = [
    ['status=', 'nothing chosen'],
    ['status=dangerous', 'a status that there is not'],
    ['stage=0&page=0', 'numbers below the first'],
    ['stage=three&page=-1', 'no numbers'],
    ['page=99999999999999999999', 'a number too large'],
    ['sort=constructor&reversed=1', 'a word that every object knows'],
    ['text=+++', 'blanks alone'],
  ]
  for (const [text, reason] of senseless) {
    it(`takes '${text}' for nothing said: ${reason}`, () =>
      assert.deepEqual(readQuery(new URLSearchParams(text)), everyServer))
  }

  const found: readonly (readonly [said: Partial<ServerQuery>, servers: number, reason: string])[] = [
    [{}, 14, 'all'],
    [{ status: 'paused' }, 1, 'by status'],
    [{ stage: 5 }, 2, 'by stage, whatever the status'],
    [{ tenant: 'contoso', stage: 5 }, 1, 'of one tenant'],
    [{ tenant: 'nobody' }, 0, 'of a tenant that there is not'],
    [{ text: 'EX0' }, 8, 'by a part of the name, in any case'],
    [{ text: 'plant contoso' }, 1, 'by words in two places'],
    [{ text: '2013' }, 1, 'by release'],
    [{ text: '<script>' }, 1, 'by what looks like markup'],
    [{ text: '.*' }, 0, 'no pattern'],
    [{ exploited: true, status: 'compliant' }, 0, 'who is up to date is not open to attacks'],
  ]
  for (const [said, servers, reason] of found) {
    it(`finds ${servers}: ${reason}`, () =>
      assert.equal(findServers(fleet, { ...everyServer, ...said }).length, servers))
  }

  it('puts first who can be attacked and whose mail is turned away, and turns round', () => {
    const names = (said: Partial<ServerQuery>) =>
      findServers(fleet, { ...everyServer, ...said }).map(({ server }) => server)
    assert.equal(names({})[0], 'ex08.contoso.com')
    assert.deepEqual(names({ reversed: true }), [...names({})].reverse())
    assert.deepEqual(names({ sort: 'server' }), [...names({})].sort())
    const builds = findServers(fleet, { ...everyServer, sort: 'build' }).map(({ build }) => build)
    assert.deepEqual([builds[0], builds.at(-1)], ['15.0.1497.2', '15.2.2562.53'])
  })

  it('cuts pages that together hold everyone once, and shows the last for one beyond', () => {
    const pages = [1, 2, 3].map((page) => cutPage(fleet, { ...everyServer, page }, 5))
    assert.deepEqual(
      pages.map(({ rows, first }) => [rows.length, first]),
      [
        [5, 1],
        [5, 6],
        [4, 11],
      ],
    )
    assert.equal(new Set(pages.flatMap(({ rows }) => rows.map(({ server }) => server))).size, 14)
    assert.equal(cutPage(fleet, { ...everyServer, page: 9 }, 5).page, 3)
    const none = cutPage(fleet, { ...everyServer, text: 'nobody' })
    assert.deepEqual([none.page, none.pages, none.first, none.total], [1, 1, 0, 0])
  })
})
