import { Argument, Option, type Command } from 'commander'
import { languages, type Language } from '../config/language'
import type { Settings } from '../config/settings'
import { Contacts, type Contact } from '../notify/contacts'
import { renderHtml } from '../notify/html'
import { documentFor, noticeRules, parcelFor, wordingOf } from '../notify/letter'
import { possibleNotices, type DueNotice, type NoticeRules } from '../notify/occasion'
import { sampleContact, sampleNotice, sampleRules } from '../notify/sample'
import { renderText } from '../notify/text'
import { normaliseDomain } from '../rules/attribution/domain'
import { printable } from '../rules/decision/printable'
import { noticeKinds, webhookContact, type NoticeKind } from '../rules/notice/record'
import { readConfiguration, type Configuration } from './configuration'
import { detail } from './details'
import { findServer } from './explain'
import { refusal } from './failure'
import type { Invocation } from './invocation'
import { jsonText } from './json-text'
import { readTenant, withStorage } from './storage'

interface Options {
  readonly language?: Language
  readonly server?: string
  readonly tenant?: string
  readonly text?: boolean
  readonly html?: boolean
  readonly eml?: boolean
  readonly json?: boolean
}

interface Preview {
  readonly notice: DueNotice
  readonly rules: NoticeRules
  readonly contact: Contact
}

export function addNoticesPreview(group: Command, invocation: Invocation): void {
  const command = group
    .command('preview')
    .description('show a notice without sending it, of a sample or of a server that was seen')
    .addArgument(
      new Argument('[kind]', 'the occasion; not given: detection, of a server the first there is').choices(
        noticeKinds,
      ),
    )
    .addOption(new Option('--language <language>', 'in this language').choices(languages))
    .option('--server <name>', 'about this server, as it stands now')
    .option('--tenant <name>', 'its tenant, where several have a server of that name')
    .addOption(new Option('--text', 'print the text; so without options').conflicts(['html', 'eml', 'json']))
    .addOption(new Option('--html', 'print the HTML').conflicts(['eml', 'json']))
    .addOption(new Option('--eml', 'print the whole message').conflicts('json'))
    .option('--json', 'print subject, text and HTML as JSON')
    .action(async (kind: NoticeKind | undefined, options: Options, self: Command) => {
      const given = readConfiguration(invocation, self)
      const configuration = { ...given, settings: withSender(given.settings) }
      const now = invocation.now()
      const preview =
        options.server === undefined
          ? ofSample(kind ?? 'detection', configuration, now)
          : await ofServer(options.server, kind, options.tenant, configuration, now)
      await print(preview, options, configuration, invocation)
    })
  detail(command, {
    notes: [
      'Without --server the notice is about a server that does not exist; dates, stages and builds are those of the schedule, policy and catalogue in force. ' +
        'With it the notice says what is true of that server now, whether it is due or not; not every server has every kind.',
      "The language is that of the server's connector, else that of [notices], unless --language names another.",
    ],
    examples: [
      ['notices preview', 'What does an owner read when a server is detected?'],
      ['notices preview stage-ahead --language de --html > preview.html', 'For a browser'],
      ['notices preview --server ex01.contoso.com --eml', 'What would be sent about this server?'],
    ],
  })
}

/** Where no sender is configured yet there shall be something to look at all the same. */
function withSender(settings: Settings): Settings {
  const from = settings.notices.from ?? 'postmaster@example.com'
  return { ...settings, notices: { ...settings.notices, from } }
}

function ofSample(kind: NoticeKind, { settings, catalogue }: Configuration, now: number): Preview {
  const rules = sampleRules(noticeRules(settings, catalogue))
  const notice = sampleNotice(kind, rules, now)
  if (!notice) throw refusal(`the schedule in force gives no occasion for a notice of ${kind}`)
  return { notice, rules, contact: { contact: sampleContact, address: sampleContact, language: null } }
}

async function ofServer(
  name: string,
  kind: NoticeKind | undefined,
  tenant: string | undefined,
  configuration: Configuration,
  now: number,
): Promise<Preview> {
  const { settings, catalogue } = configuration
  const rules = noticeRules(settings, catalogue)
  return withStorage(configuration, 'read', async ({ store }) => {
    const record = await findServer(normaliseDomain(name), tenant, configuration, store)
    const possible = possibleNotices(record, await readTenant(store, record.tenant), rules, now)
    const notice = kind === undefined ? possible[0] : possible.find((each) => each.kind === kind)
    if (!notice) {
      const others = possible.map((each) => each.kind).join(', ')
      throw refusal(
        `as ${record.server} stands there is no notice${kind === undefined ? '' : ` of ${kind}`} about it` +
          (others === '' ? '' : `, but there is: ${others}`),
      )
    }
    const contact = new Contacts(settings)
      .ofConnector(record.tenant, record.lastEvidence?.connector ?? null)
      .find((each) => each.contact !== webhookContact)
    const nobody = { contact: sampleContact, address: sampleContact, language: null }
    return { notice, rules, contact: contact ?? nobody }
  })
}

async function print(
  { notice, rules, contact }: Preview,
  { language, html, eml, json }: Options,
  { settings }: Configuration,
  { out, now, newId }: Invocation,
): Promise<void> {
  const to = { ...contact, language: language ?? contact.language }
  const tenant = notice.record.tenant
  if (eml) {
    const letter = { id: newId(), madeAt: now() }
    const { content } = await parcelFor([notice], letter, tenant, to, settings, rules, now())
    await out.write(content)
    return
  }
  const document = documentFor([notice], tenant, to, settings, rules, now())
  const { texts } = wordingOf(to, settings)
  if (html) {
    await out.write(renderHtml(document, texts.language))
  } else if (json) {
    const shown = {
      kind: notice.kind,
      language: texts.language,
      subject: document.subject,
      text: renderText(document, texts),
      html: renderHtml(document, texts.language),
    }
    await out.line(jsonText(shown, true))
  } else {
    const subject = out.styled('bold', printable(document.subject))
    await out.write(`${subject}\n\n${renderText(document, texts)}`)
  }
}
