import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { InvalidArgumentError, type Command } from 'commander'
import type { HostPort, Settings } from '../config/settings'
import { hostPort } from '../config/values'
import type { Carriers } from '../notify/letter'
import { Outbox, type Addressed, type NoticeMemory, type Posted } from '../notify/outbox'
import type { SmtpServer } from '../notify/smtp-carrier'
import { isoSeconds } from '../rules/decision/reply'
import { readConfiguration } from './configuration'
import { detail } from './details'
import { misuse, refusal } from './failure'
import type { Invocation } from './invocation'
import { jsonText } from './json-text'
import { readTenant, withStorage, type Storage } from './storage'
import { textTable } from './table'

interface Options {
  readonly smtp?: HostPort
  readonly dryRun?: boolean
  readonly json?: boolean
}

const smtpAddress = hostPort(1, 25)

export function addNoticesSend(group: Command, invocation: Invocation): void {
  const command = group
    .command('send')
    .description('send the notices that are due, for a timer; within Haraka that happens by itself')
    .option(
      '--smtp <host>',
      'the mail server to hand them to, host[:port]; port 25 if none is given',
      readSmtp,
    )
    .option('--dry-run', 'show what is due, and send nothing')
    .option('--json', 'print a JSON array')
    .action(async (options: Options, self: Command) => {
      const configuration = readConfiguration(invocation, self)
      const { settings, catalogue } = configuration
      if (!options.dryRun) checkCanSend(settings, options)
      await withStorage(configuration, options.dryRun ? 'read' : 'write', async (storage) => {
        const posted: Posted[] = []
        const outbox = new Outbox({
          settings: () => settings,
          catalogue: () => catalogue,
          memory: noticeMemory(storage),
          carriers: await carriersFor(settings, options),
          now: invocation.now,
          by: `${hostname()}:${process.pid}:${invocation.newId().slice(0, 8)}`,
          newId: invocation.newId,
          onPosted: (each) => void posted.push(each),
        })
        if (options.dryRun) {
          await tellPending(await outbox.pending(), options, invocation)
        } else {
          await outbox.run()
          await tellPosted(posted, options, invocation)
        }
      })
    })
  detail(command, {
    notes: [
      'It may run as often as you like, on several hosts and beside Haraka: each notice is sent once. What fails is tried again by a later run, first after five minutes, ' +
        "then ever less often; 'notices list' shows it. STARTTLS is used where the server offers it. Where it asks for a login, [notices] smtp_user and smtp_password_file " +
        'hold it; to another host it is only sent encrypted, and only if its certificate is good.',
      'Exit code 1 where a letter failed.',
    ],
    examples: [
      ['notices send --smtp localhost', 'From a timer, every few minutes'],
      ['notices send --dry-run', 'Who would be told what now?'],
    ],
  })
}

function readSmtp(text: string): HostPort {
  const reading = smtpAddress.read(text)
  if (!reading.ok) throw new InvalidArgumentError(`It ${reading.why}.`)
  return reading.value
}

function checkCanSend({ notices, mode }: Settings, { smtp }: Options): void {
  if (!notices.enabled) throw refusal('notices are off: [notices] enabled = no')
  if (mode === 'off') throw refusal('everything is off: [main] mode = off')
  if (notices.from !== null && !smtp) {
    throw misuse('--smtp is missing: the mail server to hand the notices to, host[:port]')
  }
}

async function carriersFor({ notices }: Settings, { smtp }: Options): Promise<Carriers> {
  // Only who sends waits for what it takes.
  const { smtpCarrier } = await import('../notify/smtp-carrier.js')
  const { webhookCarrier } = await import('../notify/webhook-carrier.js')
  const server: SmtpServer = {
    host: smtp?.host ?? 'localhost',
    port: smtp?.port ?? 25,
    login: smtp ? loginOf(notices) : null,
  }
  return {
    mail: smtpCarrier(server),
    webhook: webhookCarrier({
      url: notices.webhookUrl ?? '',
      secretFile: notices.webhookSecretFile ?? '',
    }),
  }
}

function loginOf({ smtpUser, smtpPasswordFile }: Settings['notices']): SmtpServer['login'] {
  if (smtpUser === null || smtpPasswordFile === null) return null
  try {
    return { user: smtpUser, password: readFileSync(smtpPasswordFile, 'utf8').trim() }
  } catch (error) {
    throw refusal(`[notices] smtp_password_file: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function noticeMemory({ store, memory }: Storage): NoticeMemory {
  return {
    update: memory.update,
    async *servers() {
      for await (const stored of store.list('server')) if (stored.state === 'present') yield stored.value
    },
    tenant: (tenant) => readTenant(store, tenant),
  }
}

async function tellPending(
  pending: readonly Addressed[],
  { json }: Options,
  { out }: Invocation,
): Promise<void> {
  const rows = pending.flatMap(({ tenant, contact, notices }) =>
    notices.map(({ kind, server, until }) => ({ tenant, contact: contact.contact, kind, server, until })),
  )
  if (json) {
    await out.line(
      jsonText(
        rows.map(({ until, ...row }) => ({ ...row, until: isoSeconds(until) })),
        true,
      ),
    )
    return
  }
  if (rows.length === 0) return out.line('nothing is due')
  const [head = '', ...lines] = textTable(
    [
      { heading: 'tenant', text: ({ tenant }) => tenant },
      { heading: 'contact', text: ({ contact }) => contact },
      { heading: 'notice', text: ({ kind }) => kind },
      { heading: 'server', text: ({ server }) => server },
    ],
    rows,
  )
  await out.line([out.styled('bold', head), ...lines].join('\n'))
}

async function tellPosted(
  posted: readonly Posted[],
  { json }: Options,
  invocation: Invocation,
): Promise<void> {
  const { out } = invocation
  if (posted.some(({ delivery }) => delivery.result !== 'sent')) invocation.exitCode = 1
  if (json) {
    const rows = posted.map(({ tenant, contact, letter, kinds, delivery, attempts }) => ({
      tenant,
      contact,
      letter,
      notices: kinds.length,
      result: delivery.result,
      error: 'error' in delivery ? delivery.error : null,
      failed_attempts: attempts + (delivery.result === 'sent' ? 0 : 1),
    }))
    await out.line(jsonText(rows, true))
    return
  }
  if (posted.length === 0) return out.line('nothing is due')
  const [head = '', ...lines] = textTable(
    [
      { heading: 'tenant', text: ({ tenant }) => tenant },
      { heading: 'contact', text: ({ contact }) => contact },
      { heading: 'notices', text: ({ kinds }) => String(kinds.length) },
      { heading: 'result', text: ({ delivery }) => delivery.result },
      { heading: 'error', text: ({ delivery }) => ('error' in delivery ? delivery.error : '-') },
    ],
    posted,
  )
  await out.line([out.styled('bold', head), ...lines].join('\n'))
}
