import { delimiter, join } from 'node:path'
import type { Command } from 'commander'
import { printable } from '../rules/decision/printable'
import { findFolder } from './configuration'
import { detail, wrapped } from './details'
import type { Finding } from './doctor/finding'
import type { Invocation } from './invocation'
import { jsonText } from './json-text'
import type { Output, Style } from './output'
import { packageVersion } from './package-version'

interface Options {
  readonly all?: boolean
  readonly user?: string
  readonly json?: boolean
}

type Severity = Finding['severity']

const styles: Readonly<Record<Severity, Style>> = {
  error: 'red',
  warning: 'yellow',
  hint: 'bold',
  unknown: 'dim',
  ok: 'green',
}
const margin = ' '.repeat(11)

export function addDoctor(program: Command, invocation: Invocation): void {
  const command = program
    .command('doctor')
    .description('is everything in place: Haraka, the plugin in it, connectors, store, clock, catalogue?')
    .option('--all', 'show what is well, too')
    .option(
      '--user <name>',
      'the user that Haraka runs as, where neither smtp.ini nor a running Haraka tells',
    )
    .option('--json', 'print JSON')
    .action(async (options: Options, self: Command) => {
      const folder = findFolder(invocation, self)
      const { environment, now } = invocation
      const version = packageVersion()
      // Only who uses it waits for what it looks with.
      const { consult } = await import('./doctor/consultation.js')
      const findings = await consult(
        {
          folder,
          packageFolder: join(__dirname, '..', '..', '..'),
          version,
          nodeVersion: process.version,
          path: (environment['PATH'] ?? '').split(delimiter).filter((each) => each !== ''),
          user: options.user ?? null,
          now: now(),
        },
        environment,
      )
      const ok = findings.every(({ severity }) => severity !== 'error')
      invocation.exitCode = ok ? 0 : 1
      await invocation.out.line(
        options.json
          ? jsonText({ ok, folder, version, findings }, true)
          : text(findings, folder, options.all === true, invocation.out),
      )
    })
  detail(command, {
    notes: [
      'Everything is only looked at; nothing is changed, and no mail is sent. Run it as the user of Haraka or as root: what others may not look at is told as unknown, ' +
        'with the reason. It needs no working configuration, and takes 15 seconds at the most.',
      'An error keeps the plugin from its work, a warning is going to cost something, a hint is advice. Each has an id that stays; docs/doctor.md lists them all. ' +
        'Exit code 1 where there is an error.',
    ],
    examples: [
      ['doctor', 'After the installation, and whenever something is odd'],
      ['doctor --all', 'What was looked at, and found well'],
      ['doctor --json --config /etc/haraka/config', 'For monitoring'],
    ],
  })
}

function text(findings: readonly Finding[], folder: string | null, all: boolean, out: Output): string {
  const shown = findings.filter(({ severity }) => all || severity !== 'ok')
  const areas = [...new Set(shown.map(({ area }) => area))]
  const paragraphs = areas.map((area) => {
    const lines = shown.filter((finding) => finding.area === area).map((finding) => lineOf(finding, out))
    return [out.styled('bold', area), ...lines].join('\n')
  })
  return [...paragraphs, summary(findings, folder, out)].join('\n\n')
}

function lineOf({ id, severity, message, evidence, remedy }: Finding, out: Output): string {
  const place =
    evidence === null ? '' : `${evidence.file}${evidence.line === null ? '' : `:${evidence.line}`}: `
  const label = out.styled(severity === 'ok' ? 'green' : styles[severity], severity.padEnd(margin.length - 2))
  const columns = out.columns - margin.length
  const said = wrapped(printable(`${id}: ${place}${message}`), columns)
  const lines = [said, ...(remedy === null ? [] : [wrapped(printable(remedy), columns)])].join('\n')
  return `  ${label}${lines.replaceAll('\n', `\n${margin}`)}`
}

function summary(findings: readonly Finding[], folder: string | null, out: Output): string {
  const count = (severity: Severity): number =>
    findings.filter((finding) => finding.severity === severity).length
  const [errors, warnings, hints, unknown, well] = [
    count('error'),
    count('warning'),
    count('hint'),
    count('unknown'),
    count('ok'),
  ]
  const verdict =
    errors > 0
      ? out.styled('red', `errors: ${errors}`)
      : warnings + hints > 0
        ? out.styled('yellow', 'no errors')
        : out.styled('green', 'nothing wrong was found')
  const where = folder ?? 'no config folder found'
  return `${verdict}, warnings: ${warnings}, hints: ${hints}, unknown: ${unknown}, well: ${well} (${printable(where)})`
}
