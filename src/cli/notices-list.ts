import type { Command } from 'commander'
import { noticeKinds, type ContactRecord, type Letter, type WrittenNotice } from '../rules/notice/record'
import { readConfiguration } from './configuration'
import { detail } from './details'
import { refusal } from './failure'
import { iso, shortInstant } from './instant'
import type { Invocation } from './invocation'
import { jsonText } from './json-text'
import { withStorage } from './storage'
import { facts, textTable } from './table'
import { mustKnowTenant } from './tenants'

interface Options {
  readonly json?: boolean
}

interface Row {
  readonly tenant: string
  readonly contact: string
  readonly letter: Letter
  readonly notices: readonly WrittenNotice[]
}

/** Of a letter's id: enough to tell it from others, and to type. */
const shownId = 8

export function addNoticesList(group: Command, invocation: Invocation): void {
  const list = group
    .command('list')
    .description('the letters to contacts, and what became of each')
    .argument('[tenant]', 'only those to contacts of this tenant')
    .option('--json', 'print a JSON array')
    .action(async (tenant: string | undefined, options: Options, self: Command) => {
      const { rows, unreadable } = await collect(tenant, invocation, self)
      const { out, err } = invocation
      if (options.json) await out.line(jsonText(rows.map(rowJson), true))
      else if (rows.length > 0) await out.write(table(rows, invocation))
      if (unreadable > 0) await err.line(`${unreadable} records cannot be read; 'state export' names them`)
      if (rows.length > 0) return
      await err.line('exchange-enforcement: no notice was sent')
      invocation.exitCode = 1
    })
  detail(list, {
    notes: [
      'A letter is one mail or one call of the webhook, with all notices that were due to a contact together. Its state is claimed (somebody is writing it), ' +
        'sending (it is being handed over), queued (in the queue of Haraka, which tries on its own), sent (the other side has taken it), failed (it is tried again), ' +
        'undelivered (given up), or doubtful (twice its sender died while it was handed over, so it is not sent a third time). ' +
        'Letters are forgotten a month after their notices have lost their use.',
    ],
    examples: [
      ['notices list', 'Was everybody told?'],
      ['notices list contoso --json', 'What one tenant was told, for a program'],
    ],
  })
  const show = group
    .command('show')
    .description('one letter, with every notice in it')
    .argument('<letter>', 'its id, or the beginning of it')
    .option('--json', 'print JSON')
    .action(async (id: string, options: Options, self: Command) => {
      const { rows } = await collect(undefined, invocation, self)
      const found = rows.filter(({ letter }) => letter.id.startsWith(id))
      const [row] = found
      if (!row) throw refusal(`there is no letter ${id}; 'notices list' shows them`)
      if (found.length > 1) throw refusal(`${found.length} letters begin with ${id}; write more of it`)
      await invocation.out.line(options.json ? jsonText(rowJson(row), true) : describe(row, invocation))
    })
  detail(show, {
    notes: ["'notices list' shows the ids."],
    examples: [['notices show 4f1c2a9e', 'What was in that letter, and why did it fail?']],
  })
}

async function collect(
  tenant: string | undefined,
  invocation: Invocation,
  self: Command,
): Promise<{ readonly rows: readonly Row[]; readonly unreadable: number }> {
  const configuration = readConfiguration(invocation, self)
  const records = new Map<string, ContactRecord>()
  let unreadable = 0
  await withStorage(configuration, 'read', async ({ store }) => {
    if (tenant !== undefined) await mustKnowTenant(tenant, configuration.settings, store)
    for await (const stored of store.list('contact', tenant)) {
      if (stored.state === 'present') records.set(`${stored.key.tenant}\n${stored.key.contact}`, stored.value)
      else unreadable += 1
    }
  })
  const rows = [...records.values()].flatMap(({ tenant: owner, contact, letters, notices }) =>
    letters.map((letter) => ({
      tenant: owner,
      contact,
      letter,
      notices: notices.filter(({ letter: id }) => id === letter.id),
    })),
  )
  return { rows: rows.sort((a, b) => b.letter.madeAt - a.letter.madeAt), unreadable }
}

function table(rows: readonly Row[], { out }: Invocation): string {
  const [head = '', ...lines] = textTable<Row>(
    [
      { heading: 'letter', text: ({ letter }) => letter.id.slice(0, shownId) },
      { heading: 'tenant', text: ({ tenant }) => tenant },
      { heading: 'contact', text: ({ contact }) => contact },
      { heading: 'notices', text: ({ notices }) => counted(notices) },
      { heading: 'state', text: ({ letter }) => letter.state },
      { heading: 'since', text: ({ letter }) => shortInstant(letter.at) },
      { heading: 'next try', text: ({ letter }) => retryOf(letter) ?? '-' },
      { heading: 'error', text: ({ letter }) => errorOf(letter) ?? '-' },
    ],
    rows,
  )
  return `${[out.styled('bold', head), ...lines].join('\n')}\n`
}

function describe({ tenant, contact, letter, notices }: Row, { out }: Invocation): string {
  const lines = facts(
    [
      ['tenant', tenant],
      ['contact', contact],
      ['begun', iso(letter.madeAt)],
      ['state', `${letter.state} since ${iso(letter.at)}`],
      ['attempts', 'attempts' in letter && letter.attempts > 0 ? `${letter.attempts} failed` : null],
      ['doubts', 'doubts' in letter && letter.doubts > 0 ? 'it may have gone out before' : null],
      ['sender', 'by' in letter ? letter.by : null],
      ['next try', retryOf(letter)],
      ['error', errorOf(letter)],
    ],
    out.columns,
  )
  const told = textTable<WrittenNotice>(
    [
      { heading: 'notice', text: ({ kind }) => kind },
      { heading: 'server', text: ({ server }) => server },
      { heading: 'of use until', text: ({ until }) => shortInstant(until) },
    ],
    notices,
  )
  return [out.styled('bold', `letter ${letter.id}`), ...lines, '', ...told].join('\n')
}

/** `2 stage, 1 recovery`. */
function counted(notices: readonly WrittenNotice[]): string {
  return noticeKinds
    .flatMap((kind) => {
      const count = notices.filter((notice) => notice.kind === kind).length
      return count === 0 ? [] : `${count} ${kind}`
    })
    .join(', ')
}

function retryOf(letter: Letter): string | null {
  return letter.state === 'failed' ? shortInstant(letter.retryAt) : null
}

function errorOf(letter: Letter): string | null {
  return 'error' in letter ? letter.error : null
}

function rowJson({ tenant, contact, letter, notices }: Row): object {
  return {
    letter: letter.id,
    tenant,
    contact,
    state: letter.state,
    made_at: iso(letter.madeAt),
    since: iso(letter.at),
    attempts: 'attempts' in letter ? letter.attempts : null,
    retry_at: letter.state === 'failed' ? iso(letter.retryAt) : null,
    error: errorOf(letter),
    notices: notices.map(({ kind, server, mark, until }) => ({ kind, server, mark, until: iso(until) })),
  }
}
