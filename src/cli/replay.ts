import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { buildNumber, domainPattern, type ValueKind } from '../config/values'
import { policyPresets, type PolicyPreset } from '../config/settings'
import { countBytes, messagesOf, type Unread } from '../mailbox/messages'
import { settingsUnder } from '../replay/conditions'
import { Replay } from '../replay/replay'
import { HeapWatch } from '../replay/heap-watch'
import { replayDocument } from '../replay/replay-page'
import type { ReplayReport } from '../replay/replay-report'
import { normaliseDomain } from '../rules/attribution/domain'
import { printable } from '../rules/decision/printable'
import { dayMs } from '../rules/time'
import type { Build } from '../rules/verdict/build'
import { writeWhole } from './atomic-file'
import { readConfiguration, type Configuration } from './configuration'
import { detail, programName } from './details'
import { misuse, refusal } from './failure'
import { instantOption } from './instant'
import type { Invocation } from './invocation'
import { fail } from './program-failure'
import { bytesDetails, Progress } from './progress'
import { writeReplayJson } from './replay-json'
import { replayText } from './replay-text'

type ReplayMode = 'report' | 'defer' | 'enforce' | 'configured'

interface Options {
  readonly policy?: PolicyPreset
  readonly floor?: readonly Build[]
  readonly from?: string
  readonly to?: string
  readonly enforceFrom?: string
  readonly mode: ReplayMode
  readonly everyone?: boolean
  readonly relay?: readonly string[]
  readonly receivedBy?: readonly string[]
  readonly json?: boolean
  readonly html?: string
}

export function addReplay(program: Command, invocation: Invocation): void {
  const command = program
    .command('replay')
    .description('a mail archive through the rules: whom enforcing would have hit, when and how hard')
    .argument(
      '<paths...>',
      'messages, mbox files, Maildir and other folders, packed by gzip or not; - for standard input',
    )
    .addOption(
      new Option('--policy <name>', 'judge by this policy; else as the configuration says').choices(
        policyPresets,
      ),
    )
    .addOption(
      new Option(
        '--floor <build>',
        'judge by this floor in place of those configured; may be given several times, and means the policy custom',
      ).argParser(addFloor),
    )
    .option('--from <date>', 'leave out what arrived before')
    .option('--to <date>', 'leave out what arrived later; a date alone is taken whole')
    .option(
      '--enforce-from <date>',
      'only report before this date, while clocks run; else enforce from the first message on',
    )
    .addOption(
      new Option('--mode <mode>', 'what holds for every connector that is not off')
        .choices(['report', 'defer', 'enforce', 'configured'] satisfies readonly ReplayMode[])
        .default('enforce'),
    )
    .option('--everyone', 'judge also who belongs to no connector; without connectors that is so')
    .option(
      '--received-by <hosts...>',
      'your servers that take mail in from outside, where their fields do not tell',
    )
    .option('--relay <hosts...>', 'your gateways in front of these, as in trusted_relays')
    .addOption(new Option('--json', 'print JSON').conflicts('html'))
    .option('--html <file>', 'write one HTML file that needs nothing else')
    .action(async (paths: readonly string[], options: Options, self: Command) => {
      await run(paths, options, readConfiguration(invocation, self), invocation)
    })
  detail(command, {
    notes: [
      'Messages are read in any order and played in that of their arrival, through the same code as in the mail server: attribution, evidence, verdict, ' +
        'clock, stage, and the minute of the hour. Clocks start with the archive; pauses and exemptions are not looked at.',
      'A stored message begins with the fields of your own servers. The lowest of these tells when the message arrived, from which address and under which name. Yours ' +
        'are the hosts named with --received-by; else the one that config/me names; else the host on top, with those below it in its domain. A field of Exchange is never ' +
        'taken for yours unless it is named, so name the server where the archive comes from an Exchange mailbox.',
      'Certificates are not stored with mail: who used TLS is taken to have shown one for its EHLO name or its name in the DNS. Copies of one message count once. ' +
        'What is deferred counts once, with the time to the next free moment; that its sender tries again, and what it would have done differently, is not simulated.',
      'Exit code 1 says that something could not be read, which is listed, or that no message was judged.',
    ],
    examples: [
      ['replay ~/Maildir', 'Whom would last month have hit?'],
      ['replay --everyone --policy lifecycle archive.mbox.gz', 'And all senders, by another policy?'],
      [
        'replay --floor 15.2.1544.11 --floor 15.1.2507.39 --from 2026-10-01 --to 2026-10-31 archive',
        'October, by floors of your own',
      ],
      ['replay --html replay.html ~/Maildir', 'To look at, to print or to send'],
      ['replay --enforce-from 2026-11-01 --json mail.mbox', 'Report until November, then enforce'],
    ],
  })
}

function addFloor(text: string, before: readonly Build[] = []): readonly Build[] {
  const reading = buildNumber.read(text)
  if (!reading.ok) throw new InvalidArgumentError(`It ${reading.why}: write ${buildNumber.allowed}.`)
  return [...before, reading.value]
}

async function run(
  paths: readonly string[],
  options: Options,
  configuration: Configuration,
  invocation: Invocation,
): Promise<void> {
  const replay = replayOf(options, configuration)
  const unread: Unread[] = []
  try {
    const report = await play(replay, paths, unread, invocation)
    if (unread.length > 0) invocation.exitCode = 1
    if (report === null) return
    const { out, err } = invocation
    if (options.html !== undefined) {
      await writeWhole(resolve(invocation.directory, options.html), [replayDocument(report, unread)])
      await out.line(`written: ${printable(options.html)}`)
    } else if (options.json) await writeReplayJson(report, unread, out)
    else await out.write(replayText(report, out))
    if (report.period !== null) return
    await err.line(`${programName}: no message was judged; --everyone judges those of no connector`)
    invocation.exitCode = 1
  } finally {
    replay.close()
  }
}

/** `null`: there was no message at all. */
async function play(
  replay: Replay,
  paths: readonly string[],
  unread: Unread[],
  invocation: Invocation,
): Promise<ReplayReport | null> {
  const { err } = invocation
  // What is read from standard input has no known end.
  const total = err.isTerminal && !paths.includes('-') ? countBytes(paths, invocation) : null
  let done = 0
  const input = {
    ...invocation,
    onBytes: (bytes: number) => {
      done += bytes
    },
  }
  const progress = new Progress(err)
  const stopWatching = invocation.onInterrupt(() => progress.clear())
  const heap = new HeapWatch()
  const breathe = async (label: string, share: number | null, details: readonly string[]): Promise<void> => {
    heap.look()
    await progress.show(label, share, [...details, `${replay.messages.toLocaleString('en')} messages`])
    await setImmediate()
  }
  const startedAt = performance.now()
  let breathedAt = startedAt
  try {
    for (const path of paths) {
      for await (const found of messagesOf(path, input)) {
        for (const mail of found) {
          if (mail.kind === 'message') replay.add(mail)
          else {
            await progress.clear()
            await fail(refusal(`${mail.source}: ${mail.why}`), invocation)
            unread.push(mail)
          }
        }
        const now = performance.now()
        if (now - breathedAt < breatheMs) continue
        const share = total === null || total === 0 ? null : done / total
        await breathe('reading', share, bytesDetails(done, total, (now - startedAt) / 1000))
        breathedAt = performance.now()
      }
    }
    if (replay.messages === 0) return null
    return await replay.play((share) => breathe('playing', share, []))
  } finally {
    await progress.clear()
    stopWatching()
  }
}

/** Signals are heard, and the bar is drawn, in between. */
const breatheMs = 50

function replayOf(options: Options, { folder, settings, catalogue }: Configuration): Replay {
  const { policy = null, floor: floors = [], mode } = options
  if (floors.length > 0 && policy !== null && policy !== 'custom') {
    throw misuse(`--floor means the policy custom; leave out --policy ${policy}`)
  }
  if (policy === 'custom' && floors.length === 0 && settings.policyInputs.floors.length === 0) {
    throw misuse(
      '--policy custom needs floors, and [policy] of the configuration has none; give them with --floor',
    )
  }
  const from = options.from === undefined ? null : instantOption('--from', options.from)
  const until = options.to === undefined ? null : endOption('--to', options.to)
  if (from !== null && until !== null && until <= from) throw misuse('--to lies before --from')
  const relays = readHosts('--relay', options.relay, domainPattern)
  const under = settingsUnder(settings, {
    policy,
    floors,
    mode: mode === 'configured' ? null : mode,
    everyone: options.everyone === true || settings.connectors.length === 0,
    relays,
  })
  return new Replay({
    settings: under,
    catalogue,
    own: {
      receivedBy: readHosts('--received-by', options.receivedBy, domainPattern),
      me: folder === null ? null : ownName(folder),
      relays: under.trustedRelays,
    },
    from,
    until,
    enforceFrom:
      options.enforceFrom === undefined ? null : instantOption('--enforce-from', options.enforceFrom),
  })
}

/** A date alone means the end of that day. */
function endOption(name: string, text: string): number {
  const instant = instantOption(name, text)
  return /^\d{4}-\d\d-\d\d$/.test(text) ? instant + dayMs : instant
}

function readHosts(name: string, hosts: readonly string[] = [], kind: ValueKind<string>): readonly string[] {
  return hosts.map((host) => {
    const reading = kind.read(host)
    if (!reading.ok) throw misuse(`${name} '${host}' ${reading.why}`)
    return reading.value
  })
}

/** What this Haraka calls itself in its own fields: the first line of `me`. */
function ownName(folder: string): string | null {
  try {
    const [name = ''] = readFileSync(join(resolve(folder), 'me'), 'utf8').split('\n')
    return normaliseDomain(name.trim()) || null
  } catch {
    // Haraka then takes the name of its host, which need not be this one.
    return null
  }
}
