import { Option, type Command } from 'commander'
import { policyOf } from '../config/parse-settings'
import { policyPresets, type PolicyPreset } from '../config/settings'
import { domainPattern } from '../config/values'
import { messagesOf } from '../mailbox/messages'
import type { Evidence } from '../rules/evidence/evidence'
import { formatBuild } from '../rules/verdict/build'
import { dayOf } from '../rules/time'
import { readConfiguration, type Configuration } from './configuration'
import { detail } from './details'
import { misuse, refusal, type ExitCode } from './failure'
import {
  fullInspectionJson,
  inspectFields,
  inspectionJson,
  type Inspection,
  type Judging,
} from './inspection'
import { instantOption } from './instant'
import type { Invocation } from './invocation'
import { answerLines, badLine, type Fields, type LineAnswer } from './json-lines'
import { printable } from '../rules/decision/printable'
import { jsonText } from './json-text'
import { fail } from './program-failure'
import { facts } from './table'
import { releaseText, verdictFacts } from './verdict-text'

interface Options {
  readonly at?: string
  readonly policy?: PolicyPreset
  readonly relay?: readonly string[]
  readonly esu?: boolean
  readonly json?: boolean
  readonly jsonl?: boolean
}

export function addInspect(program: Command, invocation: Invocation): void {
  const command = program
    .command('inspect')
    .description('judge messages: evidence, verdict and why')
    .argument(
      '[files...]',
      'messages, mbox files, Maildir and other folders, packed by gzip or not; - for standard input',
    )
    .option('--at <date>', 'judge as of this day (UTC); today if not given')
    .addOption(
      new Option('--policy <name>', 'judge by this policy; else as the configuration says').choices(
        policyPresets,
      ),
    )
    .option('--relay <names...>', 'skip fields of these hosts as well, as trusted_relays does')
    .option('--esu', 'the owner pays for Extended Security Updates')
    .addOption(new Option('--json', 'print a JSON array').conflicts('jsonl'))
    .option('--jsonl', 'read header blocks as JSON lines from standard input, answer line by line')
    .action(async (files: readonly string[], options: Options, self: Command) => {
      const configuration = readConfiguration(invocation, self)
      const judging = judgingOf(configuration, options, invocation)
      if (options.jsonl) {
        if (files.some((name) => name !== '-')) {
          throw misuse('--jsonl reads standard input; leave out the files')
        }
        invocation.exitCode = await answerLines(invocation, (fields) => answer(fields, judging))
      } else {
        invocation.exitCode = await inspectFiles(files, options.json === true, judging, invocation)
      }
    })
  detail(command, {
    notes: [
      'The topmost Received field counts, as if the message had just been sent to you. A stored message begins with the fields of your own ' +
        'servers: name these with --relay or trusted_relays. An Exchange server behind another is shown as "behind" and never held against anybody.',
      'An outdated server is no error: exit code 1 says that a message could not be read, or that there was none.',
      'With --jsonl a line in is {"id": "1", "headers": ["Received: from …", …]}, raw fields, topmost first, folded or not; a line out, in the same order, ' +
        'is {"id", "evidence": {"kind", "server", "build", "field"}, "verdict": {"status", "reason", "product", "name", "released", "floor", ' +
        '"missing", "cves": [{"id", "kev", "state"}], "install"}}, or {"id", "error"} in place of a line that cannot be read; then the exit code is 1.',
    ],
    examples: [
      ['inspect message.eml', 'What does this message say of the server that sent it?'],
      [
        'inspect --at 2024-06-01 --policy lifecycle archive.mbox',
        'What would have been said on another day, by another policy?',
      ],
      ['inspect --relay mx1.example.com ~/Maildir', 'Look at what your own gateway received'],
      ['inspect --jsonl < headers.jsonl > verdicts.jsonl', 'Judge many header blocks'],
    ],
  })
}

function judgingOf(
  { settings, catalogue }: Configuration,
  options: Options,
  invocation: Invocation,
): Judging {
  const at = options.at === undefined ? invocation.now() : instantOption('--at', options.at)
  if (options.policy === 'custom' && settings.policyInputs.floors.length === 0) {
    throw misuse('--policy custom needs floors, and [policy] of the configuration has none')
  }
  const relays = (options.relay ?? []).map((name) => {
    const reading = domainPattern.read(name)
    if (!reading.ok) throw misuse(`--relay '${name}' ${reading.why}`)
    return reading.value
  })
  return {
    evidence: {
      trustedRelays: [...settings.trustedRelays, ...relays],
      // Of no consequence to the verdict, and worth knowing of a file.
      lookBehindRelays: options.jsonl !== true,
    },
    policy: options.policy ? policyOf(options.policy, settings.policyInputs) : settings.policy,
    catalogue,
    day: dayOf(at),
    esu: options.esu === true,
  }
}

function answer({ headers }: Fields, judging: Judging): LineAnswer {
  if (!Array.isArray(headers)) return badLine('headers is not an array')
  const fields: string[] = []
  const raw: readonly unknown[] = headers
  for (const field of raw) {
    if (typeof field !== 'string') return badLine(`headers[${fields.length}] is not a string`)
    fields.push(field)
  }
  return { ok: true, value: inspectionJson(inspectFields(fields, judging)) }
}

async function inspectFiles(
  files: readonly string[],
  json: boolean,
  judging: Judging,
  invocation: Invocation,
): Promise<ExitCode> {
  const { out, stdin } = invocation
  if (files.length === 0 && stdin.isTTY === true) {
    throw misuse('name a file or folder, or - for standard input')
  }
  let exitCode: ExitCode = 0
  let count = 0
  for (const name of files.length === 0 ? ['-'] : files) {
    for await (const found of messagesOf(name, invocation)) {
      for (const mail of found) {
        if (mail.kind === 'unread') {
          // The others can be looked at all the same.
          exitCode = await fail(refusal(`${mail.source}: ${mail.why}`), invocation)
          continue
        }
        const inspection = inspectFields(mail.fields, judging)
        if (json) {
          const object = jsonText(fullInspectionJson(mail.source, inspection), true)
          await out.write(`${count === 0 ? '[' : ','}\n${object}`)
        } else {
          await out.write(`${count === 0 ? '' : '\n'}${describe(mail.source, inspection, invocation)}\n`)
        }
        count += 1
      }
    }
  }
  if (json) await out.write(count === 0 ? '[]\n' : '\n]\n')
  return exitCode
}

function describe(source: string, inspection: Inspection, { out }: Invocation): string {
  const { connecting, behind, mimeOle, verdict } = inspection
  const lines = facts(
    [
      ['server', evidenceText(connecting)],
      ['build', connecting.kind === 'exchange' && connecting.build ? formatBuild(connecting.build) : null],
      ['release', releaseText(verdict)],
      ...verdictFacts(verdict),
      ['behind', behind && `${evidenceText(behind)}; reported only`],
      ['x-mimeole', mimeOle && `${mimeOle}; reported only`],
    ],
    out.columns,
  )
  return [out.styled('bold', printable(source)), ...lines].join('\n')
}

function evidenceText(evidence: Evidence): string {
  const field = evidence.field === null ? '' : `, field ${evidence.field + 1}`
  switch (evidence.kind) {
    case 'none':
      return `none: ${evidence.reason}${field}`
    case 'exchange':
      return `${evidence.server} (Exchange, ${evidence.transport}${field})`
    case 'exchange-online':
      return `${evidence.server ?? 'unknown'} (Exchange Online${field})`
    case 'not-exchange':
      return `${evidence.server ?? 'unknown'} (not Exchange${field})`
  }
}
