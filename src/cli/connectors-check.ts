import { basename } from 'node:path'
import type { Command } from 'commander'
import { Findings } from '../config/findings'
import { mergeIni, parseIni } from '../config/ini'
import { loadSettings } from '../config/load'
import type { RawConfig } from '../config/parse-settings'
import type { ConfigProblem } from '../config/problem'
import { connectorsFile } from '../config/schema'
import type { Settings } from '../config/settings'
import { TrustStore } from '../haraka/trust-store'
import { findConflicts } from '../rules/attribution/conflicts'
import type { Connector } from '../rules/attribution/connector'
import { findOddities, type OddityContext } from '../rules/attribution/oddities'
import { dayMs, dayOf } from '../rules/time'
import { findFolder, readCatalogue, sourceOf } from './configuration'
import { detail } from './details'
import type { Invocation } from './invocation'
import { tellProblems } from './problems'
import { relayingRanges } from './relay-ranges'

/** Authorities that end sooner are told of. */
const soonDays = 30

interface Options {
  readonly json?: boolean
}

export function addConnectorsCheck(group: Command, invocation: Invocation): void {
  const command = group
    .command('check')
    .description('what is wrong or odd in the connectors, and what to do about it')
    .option('--json', 'print JSON')
    .action(async (options: Options, self: Command) => {
      const folder = findFolder(invocation, self)
      const productIds = readCatalogue(folder).current.products.map(({ id }) => id)
      const source = sourceOf(folder)
      const raw = source.read()
      const whole = loadSettings({ ...source, read: () => raw }, { productIds })
      // What is wrong in the main file must not hide what is odd in this one.
      const alone = whole.ok
        ? whole
        : loadSettings({ ...source, read: () => withoutMain(raw) }, { productIds })
      const own = ({ file }: ConfigProblem): boolean => basename(file) === connectorsFile
      const findings = new FurtherFindings(raw)
      if (alone.ok) {
        const context = whole.ok ? contextOf(whole.settings) : { noticesEnabled: null, esuCounts: null }
        look(alone.settings.connectors, context, findings)
        if (folder !== null) lookAtRelaying(alone.settings.connectors, folder, findings)
        lookAtAuthorities(alone.settings.connectors, invocation.now(), findings)
      }
      invocation.exitCode = await tellProblems(
        {
          folder,
          problems: [...(whole.ok ? [] : whole.problems.filter(own)), ...findings.of('error')],
          warnings: [...whole.warnings.filter(own), ...findings.of('warning')],
          information: findings.of('information'),
        },
        'the connectors are valid',
        options.json === true,
        invocation,
      )
    })
  detail(command, {
    notes: [
      'Errors are what the plugin would refuse, and authorities that cannot be used: exit code 1. Warnings are hardly meant: names and ranges that are shadowed by others, ' +
        'addresses that nobody has, ranges and wildcards that are too wide, certificate names outside of the sender_domains of the tenant, sessions that may relay and are passed over. ' +
        'Information is settled, and good to know: nested networks, repeated items.',
      "Each names file, section and key, and what to do. Only connectors are looked at; 'config check' looks at everything, 'doctor' at the installation.",
    ],
    examples: [
      ['connectors check', 'Before the file is put in place'],
      ['connectors check --json', 'For a deployment script'],
    ],
  })
}

function withoutMain(raw: RawConfig): RawConfig {
  return { ...raw, main: { ...raw.main, files: [], faults: [] } }
}

function contextOf({ notices, policy }: Settings): OddityContext {
  return { noticesEnabled: notices.enabled, esuCounts: policy.preset === 'lifecycle' }
}

type Severity = 'error' | 'warning' | 'information'

/** Findings beyond those of the plugin. Each names the item at fault, which among many would be hard to find in the whole value. */
class FurtherFindings {
  readonly #made: Readonly<Record<Severity, Findings>>

  constructor({ connectors: { files, path } }: RawConfig) {
    const sections = mergeIni(files.map((file) => parseIni(file, { repeatedSections: 'refuse' })))
    const made = (): Findings => new Findings(sections, path)
    this.#made = { error: made(), warning: made(), information: made() }
  }

  add(severity: Severity, connector: string, key: string | null, text: string, advice: string): void {
    this.#made[severity].warn(connector, key, text, advice)
  }

  of(severity: Severity): readonly ConfigProblem[] {
    return this.#made[severity].warnings.map((finding) => ({ ...finding, found: null }))
  }
}

function look(connectors: readonly Connector[], context: OddityContext, findings: FurtherFindings): void {
  for (const { severity, connectors: pair, text, advice } of findConflicts(connectors)) {
    // The others were told of when the file was read.
    if (severity === 'information') findings.add(severity, pair[0], null, text, advice)
  }
  for (const { severity, connector, key, text, advice } of findOddities(connectors, context)) {
    findings.add(severity, connector, key, text, advice)
  }
}

/** A7: such sessions are passed over, which nobody would see. */
function lookAtRelaying(connectors: readonly Connector[], folder: string, findings: FurtherFindings): void {
  const relaying = relayingRanges(folder)
  for (const { id, addresses, judgeRelaying } of connectors) {
    const found = judgeRelaying ? [] : relaying.filter(({ overlaps }) => addresses.some(overlaps))
    const [first] = found
    if (first === undefined) continue
    const more = found.length > 1 ? ` (and ${found.length - 1} more)` : ''
    findings.add(
      'warning',
      id,
      'addresses',
      `sessions from ${first.text}${more} may relay (${first.file}:${first.line}) and are passed over`,
      'set judge_relaying = yes, where their mail is to be judged',
    )
  }
}

function lookAtAuthorities(connectors: readonly Connector[], now: number, findings: FurtherFindings): void {
  const named = connectors.filter(({ tlsCertificateName }) => tlsCertificateName !== null)
  for (const { id, trust } of named) {
    const key = trust === 'system' ? 'tls_certificate_name' : 'tls_ca_file'
    const store = TrustStore.load([trust])
    const [problem] = store.problems
    if (problem) {
      findings.add('error', id, key, problem.error.message, 'without it no certificate verifies')
      continue
    }
    if (trust === 'system') continue
    const ends = [...store.anchors.values()]
      .flatMap(({ bySubject }) => [...bySubject.values()].flat())
      .map(({ notAfter }) => notAfter)
      .sort((one, other) => one - other)
    const [first, last] = [ends[0], ends.at(-1)]
    if (first === undefined || last === undefined || first - now > soonDays * dayMs) continue
    const advice = 'put the new authority into the file, beside the old one'
    if (last < now) {
      const text = `every authority in it has expired, the last on ${dayOf(last)}: no certificate verifies`
      findings.add('error', id, key, text, advice)
    } else {
      const text = first < now ? 'has expired' : 'expires'
      findings.add('warning', id, key, `an authority in it ${text} on ${dayOf(first)}`, advice)
    }
  }
}
