import assert from 'node:assert/strict'
import { join } from 'node:path'
import { dayMs, dayOf, hourMs } from '../../src/rules/time'
import { Place, json, printed } from '../cli/support'
import { writeMbox, type ArchivedMessage, type ArchiveSender } from '../support/mail-archive'

const start = Date.UTC(2026, 6, 1, 0, 0, 0)
const days = 150
const floor = '15.1.2507.61'
const [oldBuild, newBuild] = ['15.1.2507.16', '15.2.2562.53']

/** What the test works out for one message. */
type Action = 'accepted' | 'deferred' | 'refused'

function sender(
  server: string,
  number: number,
  builds: readonly [day: number, build: string | null][],
): ArchiveSender {
  return {
    server,
    address: `192.0.2.${String(number)}`,
    builds: builds.map(([day, build]) => ({ from: start + day * dayMs, build })),
    tls: number % 2 === 0,
  }
}

const senders: readonly ArchiveSender[] = [
  sender('old.contoso.com', 1, [[-1, oldBuild]]),
  sender('patched.contoso.com', 2, [
    [-1, oldBuild],
    [70, newBuild],
  ]),
  sender('relapsed.contoso.com', 3, [
    [-1, oldBuild],
    [40, newBuild],
    [55, oldBuild],
  ]),
  sender('again.contoso.com', 4, [
    [-1, oldBuild],
    [35, newBuild],
    [80, oldBuild],
  ]),
  sender('good.contoso.com', 5, [[-1, newBuild]]),
  sender('other.contoso.com', 6, [[-1, null]]),
  // A gateway is put in front of it, which hides its build.
  sender('hidden.contoso.com', 7, [
    [-1, oldBuild],
    [95, null],
  ]),
]

interface Counted {
  readonly day: string
  readonly accepted: number
  readonly deferred: number
  readonly refused: number
}

interface Answer {
  readonly messages: Readonly<Record<Action, number>>
  readonly days: readonly Counted[]
  readonly servers: readonly { readonly server: string; readonly days: readonly Counted[] }[]
}

/** C1–C3 as the rules say them, S4 for paths with one server; what a running clock means is left to `decide`. */
class Sequence {
  #suspectedAt: number | null = null
  #suspicions = 0
  #running: { startedAt: number } | null = null
  #recovered: { at: number; elapsed: number } | null = null
  #shownAt = -Infinity

  /** Since when the clock would have run without an interruption; `null`: the message is accepted. */
  next(at: number, status: string): number | null {
    if (status === 'undetermined') {
      return at - this.#shownAt <= 7 * dayMs ? (this.#running?.startedAt ?? null) : null
    }
    this.#shownAt = at
    if (status === 'compliant') {
      if (this.#running) this.#recovered = { at, elapsed: at - this.#running.startedAt }
      this.#running = null
      this.#suspectedAt = null
      this.#suspicions = 0
      return null
    }
    if (this.#running) return this.#running.startedAt
    this.#suspectedAt ??= at
    this.#suspicions += 1
    if (this.#suspicions < 3 || at - this.#suspectedAt < 24 * hourMs) return null
    const before = this.#recovered
    const carried = before && at - before.at <= 30 * dayMs ? before.elapsed : 0
    this.#running = { startedAt: this.#suspectedAt - carried }
    return this.#running.startedAt
  }
}

function wordOf(action: string | undefined): Action {
  return action === 'defer' ? 'deferred' : action === 'refuse' ? 'refused' : 'accepted'
}

async function lines<T>(parameters: readonly string[], asked: readonly object[]): Promise<readonly T[]> {
  const input = asked.map((each) => `${JSON.stringify(each)}\n`).join('')
  const text = await printed(parameters, { input })
  return text
    .trimEnd()
    .split('\n')
    .map((line): T => JSON.parse(line))
}

describe('replay', function () {
  this.timeout(120_000)

  it('says of every day and server what inspect and decide say of the same messages', async () => {
    const place = new Place({
      'config/exchange-enforcement.ini': `[policy]\npreset = custom\nfloors = ${floor}\n`,
      'config/exchange-enforcement.connectors.ini':
        '[contoso-plant]\ntenant = contoso\naddresses = 192.0.2.0/24\nsender_domains = contoso.com\n',
    })
    try {
      const path = join(place.folder, 'archive.mbox')
      const messages: ArchivedMessage[] = []
      writeMbox(path, { bytes: 12_000_000, senders, start, days, bodyBytes: 500 }, (message) =>
        messages.push(message),
      )
      const replayed = await json<Answer>(['replay', '--config', place.config, path])

      // Without the three fields that our own servers added.
      const asked = messages.map(({ fields }, index) => ({ id: String(index), headers: fields.slice(3) }))
      const inspected = await lines<{ verdict: { status: string } }>(
        ['inspect', '--jsonl', '--config', place.config],
        asked,
      )
      const inOrder = messages
        .map((message, index) => ({ ...message, index, status: inspected[index]!.verdict.status }))
        .sort((a, b) => a.at - b.at || a.index - b.index)
      const sequences = new Map(senders.map(({ server }) => [server, new Sequence()]))
      const judged = inOrder.map(({ at, sender: { server }, status, index }) => {
        const startedAt = sequences.get(server)!.next(at, status)
        return { id: String(index), at, server, status, startedAt }
      })
      const decided = await lines<{ id: string; action: string }>(
        ['decide', '--jsonl', '--config', place.config],
        judged.flatMap(({ id, at, server, startedAt }) =>
          startedAt === null
            ? []
            : {
                id,
                tenant: 'contoso',
                server,
                started_at: new Date(startedAt).toISOString(),
                at: new Date(at).toISOString(),
              },
        ),
      )
      const actions = new Map(decided.map(({ id, action }) => [id, action]))

      const expected = new Map<string, Map<string, Record<Action, number>>>()
      const all = { accepted: 0, deferred: 0, refused: 0 }
      for (const { id, at, server, status } of judged) {
        const action = wordOf(actions.get(id))
        all[action] += 1
        // What shows no build is counted with a server only where it is treated as that.
        if (status === 'undetermined' && action === 'accepted') continue
        const byDay = expected.get(server) ?? new Map<string, Record<Action, number>>()
        expected.set(server, byDay)
        const counts = byDay.get(dayOf(at)) ?? { accepted: 0, deferred: 0, refused: 0 }
        byDay.set(dayOf(at), counts)
        counts[action] += 1
      }
      assert.ok(messages.length > 5000)
      assert.ok(all.deferred > 100 && all.refused > 100)
      assert.deepEqual(replayed.messages, all)
      assert.equal(replayed.servers.length, expected.size)
      for (const { server, days: shown } of replayed.servers) {
        const own = [...(expected.get(server) ?? [])].map(([day, counts]) => ({ day, ...counts }))
        assert.deepEqual(shown, own, server)
      }
      const hidden = replayed.servers.find(({ server }) => server === 'hidden.contoso.com')
      assert.ok(hidden!.days.some(({ day, refused }) => refused > 0 && day > dayOf(start + 95 * dayMs)))
    } finally {
      place.remove()
    }
  })
})
