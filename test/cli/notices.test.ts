import assert from 'node:assert/strict'
import { simpleParser } from 'mailparser'
import { MailSink } from '../support/mail-sink'
import { call } from './in-process'
import { fails, json, lastEvidence, Place, printed, runningServer } from './support'

interface ListedLetter {
  readonly letter: string
  readonly state: string
  readonly error: string | null
  readonly notices: readonly { readonly kind: string; readonly server: string }[]
}

describe('notices', function () {
  this.timeout(60_000)
  let place: Place
  let sink: MailSink
  beforeEach(async () => {
    const now = Date.now()
    place = new Place({
      'config/exchange-enforcement.ini':
        '[main]\nmode = enforce\n[policy]\npreset = custom\nfloors = 15.1.2507.61\n[store]\npath = store\n' +
        '[notices]\nenabled = yes\nfrom = postmaster@example.com\n',
      'config/exchange-enforcement.connectors.ini':
        '[contoso-hybrid]\ntenant = contoso\naddresses = 192.0.2.0/28\ncontacts = it@contoso.com\nlanguage = nl\n',
    })
    const evidence = { lastEvidence: lastEvidence({ at: now }) }
    await place.put(
      runningServer('ex01.contoso.com', 30.1, now, evidence),
      runningServer('\u001b[31m<b>ex02', 1.5, now, evidence),
    )
    sink = await MailSink.start()
  })
  afterEach(async () => {
    place.remove()
    await sink.stop()
  })

  const at = (...parameters: string[]) => ['notices', ...parameters, '--config', place.config]
  const smtp = () => `127.0.0.1:${sink.port}`

  it('send what is due once, and list what became of it', async () => {
    const due = await json<readonly { kind: string; server: string }[]>(at('send', '--dry-run'))
    assert.deepEqual(due.map(({ kind }) => kind).sort(), ['detection', 'stage'])
    assert.match(
      await printed(at('send', '--dry-run')),
      /contoso +it@contoso\.com +stage +ex01\.contoso\.com/,
    )
    await fails(1, /no notice was sent/, at('list'))
    assert.match(await printed(at('send', '--smtp', smtp())), /contoso +it@contoso\.com +2 +sent/)
    assert.equal(await printed(at('send', '--smtp', smtp())), 'nothing is due\n')
    assert.deepEqual(await json(at('send', '--smtp', smtp())), [])
    assert.equal(sink.mails.length, 1)
    const parsed = await simpleParser(sink.mails[0]?.raw ?? '')
    assert.equal(parsed.subject, 'Nieuws over 2 Exchange-servers van contoso')
    const listed = await printed(at('list', 'contoso'))
    assert.match(listed, /contoso +it@contoso\.com +1 detection, 1 stage +sent/)
    const [letter] = await json<readonly ListedLetter[]>(at('list'))
    assert.ok(letter)
    const shown = await printed(at('show', letter.letter.slice(0, 8)))
    assert.match(shown, /stage +ex01\.contoso\.com/)
    assert.match(shown, /\\u\{1b\}\[31m<b>ex02/)
    assert.deepEqual((await json<ListedLetter>(at('show', letter.letter))).notices, letter.notices)
    await fails(1, /there is no letter zzz; 'notices list' shows them/, at('show', 'zzz'))
  })

  it('say what failed, with exit code 1, and when it is tried again', async () => {
    await sink.stop()
    const { code, stdout } = await call(at('send', '--smtp', smtp()))
    assert.equal(code, 1)
    assert.match(stdout, /failed +.*ECONNREFUSED/)
    const [letter] = await json<readonly ListedLetter[]>(at('list'))
    assert.equal(letter?.state, 'failed')
    assert.match(letter?.error ?? '', /ECONNREFUSED/)
    assert.match(await printed(at('show', letter?.letter ?? '')), /attempts +1 failed\n.*next try +\d{4}-/)
  })

  it('are previewed without a store, a sender or a configuration', async () => {
    assert.match(
      await printed(['notices', 'preview']),
      /^ex01\.contoso\.com runs an outdated version of Exchange\n/,
    )
    assert.match(await printed(['notices', 'preview', 'recovery', '--language', 'fr']), /De nouveau à jour/)
    const html = await printed(['notices', 'preview', 'stage-ahead', '--html', '--language', 'ja'])
    assert.match(html, /^<!DOCTYPE html>\n<html lang="ja">/)
    const eml = await simpleParser(await printed(['notices', 'preview', 'resumption', '--eml']))
    assert.match(eml.subject ?? '', /will be restricted again on/)
    const all = await json<{ kind: string; language: string }>(['notices', 'preview', 'floor-ahead'])
    assert.deepEqual([all.kind, all.language], ['floor-ahead', 'en'])
  })

  it('are previewed of a server as it stands, in the language of its connector', async () => {
    const text = await printed(at('preview', 'stage', '--server', 'EX01.contoso.com'))
    assert.match(text, /fase 2: e-mail wordt 5 minuten per uur uitgesteld/)
    await fails(
      1,
      /there is no notice of recovery about it, but there is: detection/,
      at('preview', 'recovery', '--server', 'ex01.contoso.com'),
    )
    await fails(1, /no server 'ex09/, at('preview', '--server', 'ex09.contoso.com'))
  })

  const wrong: readonly (readonly [
    reason: string,
    code: 1 | 2,
    message: RegExp,
    parameters: readonly string[],
  ])[] = [
    ['without a mail server', 2, /--smtp is missing/, ['send']],
    ['to a port that is none', 2, /port that is not from 1 to 65535/, ['send', '--smtp', 'localhost:0']],
    [
      'in a language that is none',
      2,
      /Allowed choices are en, de, fr, nl, ja/,
      ['preview', '--language', 'it'],
    ],
    ['of a kind that is none', 2, /Allowed choices are detection/, ['preview', 'birthday']],
    ['in two forms at once', 2, /cannot be used with/, ['preview', '--html', '--eml']],
  ]
  for (const [reason, code, message, parameters] of wrong) {
    it(`are refused ${reason}`, () => fails(code, message, at(...parameters)))
  }

  it('are not sent while they are off', async () => {
    place.write('config/exchange-enforcement.ini', '[store]\npath = store\n')
    await fails(1, /notices are off: \[notices\] enabled = no/, at('send', '--smtp', smtp()))
    place.write(
      'config/exchange-enforcement.ini',
      '[main]\nmode = off\n[store]\npath = store\n[notices]\nenabled = yes\nfrom = a@example.com\n',
    )
    await fails(1, /everything is off/, at('send', '--smtp', smtp()))
  })
})
