import assert from 'node:assert/strict'
import { loadCatalogue, packagedCataloguePath } from '../../../src/config/catalogue-file'
import { evidenceRecord } from '../../../src/enforcement/evidence-record'
import { Ruleset } from '../../../src/enforcement/ruleset'
import type { Session } from '../../../src/enforcement/session'
import { acceptance } from '../../../src/rules/decision/decide'
import { headerValue } from '../../../src/rules/decision/header'
import { maxReplyOctets, replyTo } from '../../../src/rules/decision/reply'
import type { Evidence, HeaderEvidence } from '../../../src/rules/evidence/evidence'
import { KnownHops } from '../../../src/rules/evidence/known-hops'
import { readEvidence } from '../../../src/rules/evidence/reading'
import { formatBuild } from '../../../src/rules/verdict/build'
import { judgeEvidence } from '../../../src/rules/verdict/judge'
import type { Verdict } from '../../../src/rules/verdict/verdict'
import { decode, encode } from '../../../src/store/codec'
import { formatKey } from '../../../src/store/keys'
import { settingsOf } from '../../config/support'
import { serverKey, serverRecord } from '../../support/records'
import { corpus } from '../corpus'
import { fieldsOf, headerBlock } from '../grammar'
import { demand, demandClean, hostileLimitMs, type Target } from '../target'

const at = Date.UTC(2026, 10, 22, 12)
const catalogue = loadCatalogue(packagedCataloguePath())
const ruleset = new Ruleset(
  settingsOf({
    main: '[main]\ntrusted_relays = relay.contoso.com, *.example.net\nlook_behind_relays = yes',
    connectors: '[hybrid]\ntenant = contoso\naddresses = 192.0.2.0/24',
  }),
)
const plain = { trustedRelays: [], lookBehindRelays: false }
const policies = [
  ruleset.settings.policy,
  { preset: 'lifecycle', maxPatchAgeDays: 90, inScopeFrom: new Map() },
] as const
const session: Session = {
  facts: { address: { family: 4, value: 0xc000_0201n }, certificate: null, senderDomain: 'contoso.com' },
  address: '192.0.2.1',
  ehlo: 'ex01.contoso.local',
  reverseName: null,
  xoorg: null,
  skip: null,
}
const texts = {
  defer: '{server} {build} {free_at} {minutes}',
  refuse: '{server} {build}',
  helpUrl: 'https://example.com',
}
const turnedAway = { ...acceptance(at, []), action: 'refuse', demanded: 'refuse', stage: 8 } as const

/** E1–E7: what is read of every message, by itself. */
export const evidence: Target = {
  name: 'evidence',
  what: 'one Received field or a few: which server, which build',
  limitMs: hostileLimitMs,
  make: (random) => topOf(headerBlock(random, shortBlocks)),
  check: (block) => {
    const fields = fieldsOf(block)
    demandEvidence(readEvidence(fields, plain).connecting, fields)
    for (const options of [plain, ruleset.settings]) {
      const found = readEvidence(fields, options)
      for (const ending of otherEndings) {
        const known = new KnownHops()
        readEvidence(
          fields.map((field) => field.replace(/;.*/s, ending)),
          options,
          known,
        )
        demandSame(readEvidence(fields, options, known), found)
      }
    }
  },
  long: (length) => `Received: from a by ex01.contoso.local ${'(by "\\'.repeat(length / 6)}`,
}

/** E1–E7, V5, S7, R1: from raw fields to everything that is said of them. */
export const received: Target = {
  name: 'received',
  what: 'header blocks: evidence, verdict, reply, reporting field, record',
  limitMs: hostileLimitMs,
  make: (random) => headerBlock(random, corpus),
  check: (block) => {
    const fields = fieldsOf(block)
    const found = readEvidence(fields, ruleset.settings)
    const { connecting, behind, mimeOle } = found
    demandEvidence(connecting, fields)
    if (behind) demandEvidence(behind, fields)
    if (mimeOle !== null) demandClean(mimeOle, 80, 'X-MimeOLE')
    for (const policy of policies) {
      const verdict = judgeEvidence(connecting, '2026-11-22', false, policy, catalogue)
      demand(verdict.because !== '', 'a verdict without a reason')
      demandWords(connecting, verdict)
      if (connecting.kind === 'exchange') demandRecord(found, connecting, verdict, fields)
    }
  },
  long: (length) => `${'Received: from a by b.example.net with mapi id 15.1.1.1\r\n'.repeat(length / 56)}`,
}

/** What may stand behind a date's semicolon in a message that was read before: an honest date, and all that might reach back over it. */
const otherEndings = [
  '; Sun, 22 Nov 2026 12:00:00 +0000',
  ';) with Microsoft SMTP Server id 15.2.1.1',
  ';" with mapi id 15.2.1.1',
  '',
]

function demandSame(one: HeaderEvidence, other: HeaderEvidence): void {
  const [said, before] = [JSON.stringify(one), JSON.stringify(other)]
  demand(said === before, `what was read before changes the answer: ${said} instead of ${before}`)
}

const shortBlocks = corpus.map((block) => fieldsOf(block).slice(0, 3).join('\r\n'))

/** Quicker to make and to read, so that many times as many can be tried. */
function topOf(block: string): string {
  return block.length > 2000 ? block.slice(0, 2000) : block
}

function demandEvidence(evidence: Evidence, fields: readonly string[]): void {
  if (evidence.field !== null) demand(fields[evidence.field] !== undefined, 'it points at no field')
  if (evidence.kind === 'none') return
  const { server } = evidence
  demand(server === null || (server !== '' && server.length <= 255), 'a name that no host can have')
  demand(
    server === null || !/[\p{C}\p{Z}<>"'`;,=\\]/u.test(server),
    `an unclean name: ${JSON.stringify(server)}`,
  )
  if (evidence.kind === 'not-exchange' || evidence.build === null) return
  const { major, minor, build, revision } = evidence.build
  for (const part of [major, minor, build, revision])
    demand(Number.isSafeInteger(part) && part >= 0, 'no number')
}

/** The reply and the reporting field say what was found, and nothing that the sender could have slipped in. */
function demandWords(evidence: Evidence, verdict: Verdict): void {
  const server = evidence.kind === 'none' ? null : evidence.server
  const build = evidence.kind === 'exchange' && evidence.build ? formatBuild(evidence.build) : null
  const reply = replyTo(turnedAway, { server: server ?? '', build: build ?? '' }, texts)
  demandClean(reply?.line ?? '', maxReplyOctets, 'the reply')
  const { status, reason } = verdict
  const value = headerValue({
    connector: 'hybrid',
    server,
    build,
    verdict: status,
    reason,
    decision: turnedAway,
  })
  demandClean(value, 900, 'the reporting field')
  const keys = value.split('; ').map((pair) => pair.split('=', 1)[0])
  const expected = [
    'v',
    'connector',
    'server',
    'build',
    'verdict',
    'reason',
    'stage',
    'day',
    'action',
    'next',
  ]
  demand(
    keys.every((key) => key !== undefined && expected.includes(key)) && new Set(keys).size === keys.length,
    `keys of the sender's in the reporting field: ${value}`,
  )
}

function demandRecord(
  found: HeaderEvidence,
  connecting: Extract<Evidence, { kind: 'exchange' }>,
  verdict: Verdict,
  fields: readonly string[],
): void {
  const [connector] = ruleset.settings.connectors
  if (!connector) throw new Error('there is no connector')
  const attributed = { connector, by: 'address', matched: '192.0.2.0/24' } as const
  const message = { fields, messageId: fields[0] ?? null }
  const evidence = evidenceRecord(at, session, attributed, message, found, connecting, verdict, ruleset)
  demandClean(evidence.header, 500, 'the field that is kept')
  demandClean(evidence.messageId ?? '', 200, 'the message-id that is kept')
  const key = serverKey(connecting.server)
  const record = serverRecord(connecting.server, { lastEvidence: evidence })
  const again = decode<'server'>(key, 1, encode<'server'>(key, record))
  demandClean(formatKey('xe', key), 1400, 'the key')
  demand(again.state === 'present', 'a record that cannot be read again')
  assert.deepEqual(again.value, record)
}
