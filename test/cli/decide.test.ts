import assert from 'node:assert/strict'
import { once } from 'node:events'
import fc from 'fast-check'
import { arbitraryQuestion, edgeQuestions, oracle, type OracleRow, type Question } from '../support/oracle'
import { call } from './in-process'
import { Place, fails, json, printed, start } from './support'

const iso = (at: number): string => new Date(at).toISOString()

function lineOf(question: Question, id: number): string {
  return JSON.stringify({
    id: String(id),
    tenant: 'contoso',
    server: 'ex01.contoso.com',
    started_at: iso(question.startedAt),
    pauses: question.pauses.map(({ from, until }) => ({ from: iso(from), until: iso(until) })),
    at: iso(question.at),
  })
}

const help = 'https://help.example.com/exchange'
const template = { defer: '450 4.7.230 wait {n}', refuse: '550 5.7.230 stop {n}' }

function expected(question: Question, id: number): object {
  const answer = oracle(question)
  const { action, deferMinutes, refuseMinutes, freeAt, nextStageAt } = answer
  const reply =
    action === 'accept'
      ? null
      : template[action].replace('{n}', String(action === 'defer' ? deferMinutes : refuseMinutes))
  return {
    id: String(id),
    stage: answer.stage,
    elapsed_ms: answer.elapsedMs,
    action,
    code: answer.code,
    reply: reply && `${reply} ${help}`,
    defer_minutes: deferMinutes,
    refuse_minutes: refuseMinutes,
    free_at: freeAt === null ? null : iso(freeAt),
    next_stage_at: nextStageAt === null ? null : iso(nextStageAt),
  }
}

function configured(schedule: readonly OracleRow[]): Place {
  const rows = schedule.map(
    ({ stage, fromDay, deferMinutes, refuseMinutes }) =>
      `${String(stage)} = ${String(fromDay)}, ${String(deferMinutes)}, ${String(refuseMinutes)}\n`,
  )
  const left = [1, 2, 3, 4, 5, 6, 7, 8].filter((stage) => !schedule.some((row) => row.stage === stage))
  const none = left.map((stage) => `${String(stage)} = none\n`)
  return new Place({
    'config/exchange-enforcement.ini':
      `[main]\nmode = report\nhelp_url = ${help}\n[schedule]\n${[...rows, ...none].join('')}` +
      '[enforcement]\nspread = no\nreply_defer = wait {minutes} {help_url}\nreply_refuse = stop {minutes} {help_url}\n',
  })
}

/** By schedule, since that is configuration; windows at the full hour, no exemption. */
function bySchedule(questions: readonly Question[]): ReadonlyMap<string, Question[]> {
  const groups = new Map<string, Question[]>()
  for (const { startedAt, pauses, at, schedule } of questions) {
    const key = JSON.stringify(schedule)
    const group = groups.get(key) ?? []
    groups.set(key, group)
    group.push({ startedAt, pauses, at, schedule, offsetMs: 0 })
  }
  return groups
}

async function agree(questions: readonly Question[]): Promise<void> {
  const place = configured(questions[0]!.schedule)
  try {
    const input = questions.map((question, id) => `${lineOf(question, id)}\n`).join('')
    const lines = (await printed(['decide', '--jsonl', '--config', place.config], { input })).split('\n')
    assert.equal(lines.pop(), '')
    assert.equal(lines.length, questions.length)
    for (const [id, question] of questions.entries()) {
      assert.deepEqual(JSON.parse(lines[id]!), expected(question, id), lineOf(question, id))
    }
  } finally {
    place.remove()
  }
}

/** Moved so that the windows that lay elsewhere lie at the full hour. */
function atFullHour(question: Question): Question {
  const shift = (at: number): number => at - question.offsetMs
  return {
    schedule: question.schedule,
    startedAt: shift(question.startedAt),
    at: shift(question.at),
    pauses: question.pauses.map(({ from, until }) => ({ from: shift(from), until: shift(until) })),
    offsetMs: 0,
  }
}

describe('decide --jsonl', function () {
  this.timeout(60_000)

  it('agrees with the second computation in 10 000 random states and all states at an edge, in one run', async () => {
    const edges = edgeQuestions()
      .filter(({ exemptUntil }) => exemptUntil === undefined)
      .map(atFullHour)
    const random = fc.sample(arbitraryQuestion(), { numRuns: 10_000, seed: 20_261_122 }).map(atFullHour)
    const [scheduleOfC6] = edges.map(({ schedule }) => schedule)
    const usual = [...edges, ...random.map((question) => ({ ...question, schedule: scheduleOfC6! }))]
    const own = bySchedule(usual).get(JSON.stringify(scheduleOfC6))!
    assert.ok(own.length > 12_000, String(own.length))
    await agree(own)
  })

  it('goes by the schedule that is configured', async () => {
    const groups = [
      ...bySchedule(
        edgeQuestions()
          .filter((each) => each.exemptUntil === undefined)
          .map(atFullHour),
      ),
    ]
    const [, others] = groups.find(([key]) => !key.includes('"fromDay":90'))!
    await agree(others)
    const random = fc.sample(arbitraryQuestion(), { numRuns: 4, seed: 7 })
    for (const { schedule } of random) {
      const asked = fc.sample(arbitraryQuestion(), { numRuns: 200, seed: 8 })
      await agree(asked.map((question) => atFullHour({ ...question, schedule })))
    }
  })

  it('answers a bad line in its place, goes on, and ends with exit code 1', async () => {
    const good = { id: 'g', tenant: 't', server: 's', started_at: '2026-01-01', at: '2026-01-02T00:00:00Z' }
    const rows: readonly (readonly [line: string, id: unknown, error: RegExp | null, reason: string])[] = [
      [JSON.stringify(good), 'g', null, 'pauses may be left out'],
      ['', null, /not JSON/, 'an empty line'],
      ['{"id":"a"', null, /not JSON/, 'cut off'],
      ['[]', null, /not a JSON object/, 'an array'],
      ['null', null, /not a JSON object/, 'null'],
      [JSON.stringify({ ...good, id: undefined }), null, /id/, 'without an id'],
      [JSON.stringify({ ...good, id: { a: 1 } }), null, /id/, 'an id that is none'],
      [JSON.stringify({ ...good, id: 7 }), 7, null, 'an id that is a number comes back as it is'],
      [JSON.stringify({ ...good, tenant: 5 }), 'g', /tenant/, 'a tenant that is no name'],
      [JSON.stringify({ ...good, server: '' }), 'g', /server/, 'an empty server'],
      [JSON.stringify({ ...good, started_at: '2026-02-30' }), 'g', /started_at/, 'a day that does not exist'],
      [JSON.stringify({ ...good, at: 1767225600000 }), 'g', /at is not/, 'epoch milliseconds'],
      [JSON.stringify({ ...good, at: '2026-01-02T25:00:00Z' }), 'g', /at is not/, 'hour 25'],
      [JSON.stringify({ ...good, pauses: {} }), 'g', /pauses is not/, 'pauses that are no list'],
      [JSON.stringify({ ...good, pauses: [null] }), 'g', /pauses\[0\]/, 'a pause that is none'],
      [
        JSON.stringify({ ...good, pauses: [{ from: '2026-01-03', until: '2026-01-02' }] }),
        'g',
        /ends before/,
        'a pause that ends before it begins',
      ],
      [`${JSON.stringify(good)}\r`, 'g', null, 'a line that ends as on Windows'],
      [
        JSON.stringify({ ...good, id: '\u009b31m\u202e' }),
        '\u009b31m\u202e',
        null,
        'an id of control characters',
      ],
    ]
    const { code, stdout, stderr } = await call(['decide', '--jsonl'], {
      input: rows.map(([line]) => line).join('\n'),
    })
    assert.equal(code, 1)
    assert.equal(stderr, '')
    const lines = stdout.trimEnd().split('\n')
    assert.equal(lines.length, rows.length)
    for (const [index, [, id, error, reason]] of rows.entries()) {
      const answer: { id: unknown; error?: string; stage?: number } = JSON.parse(lines[index]!)
      assert.equal(answer.id, id, reason)
      if (error) assert.match(answer.error ?? '', error, reason)
      else assert.equal(answer.stage, 1, reason)
    }
    assert.doesNotMatch(stdout, /[\x7f-\x9f\u202e]/)
  })

  it('answers each line as it comes, so that two programs can talk', async () => {
    const child = start(['decide', '--jsonl'])
    const answers = child.stdout.setEncoding('utf8')[Symbol.asyncIterator]()
    for (const id of ['first', 'second']) {
      const state = { id, tenant: 't', server: 's', started_at: '2026-01-01', at: '2026-01-02T00:00:00Z' }
      child.stdin.write(`${JSON.stringify(state)}\n`)
      assert.match(String((await answers.next()).value), new RegExp(`^\\{"id":"${id}","stage":1,.*\\}\n$`))
    }
    child.stdin.end()
    const [code]: unknown[] = await once(child, 'close')
    assert.equal(code, 0)
  })
})

describe('decide', function () {
  this.timeout(20_000)
  const state = [
    'decide',
    '--tenant',
    'contoso',
    '--server',
    'EX01.contoso.com.',
    '--started-at',
    '2026-09-01',
  ]

  it('tells what the schedule demands, whatever mode is configured', async () => {
    const place = configured([{ stage: 1, fromDay: 0, deferMinutes: 0, refuseMinutes: 60 }])
    try {
      const text = await printed([...state, '--at', '2026-11-22', '--config', place.config])
      assert.match(text, /^ex01\.contoso\.com: refuse\n/)
      assert.match(text, /stage +1, day 82: defer 0, refuse 60/)
      assert.match(text, /free at +never/)
      assert.match(text, /C6 +day 82 is stage 1/)
    } finally {
      place.remove()
    }
  })

  it('takes pauses and zones, and gives the same as JSON', async () => {
    const paused = [
      ...state,
      '--pause',
      '2026-09-11/2026-09-21',
      '--pause',
      '2026-10-01T02:00+02:00/2026-10-11',
    ]
    const answer = await json<Record<string, unknown>>([...paused, '--at', '2026-10-31T00:00:00Z'])
    assert.equal(answer['elapsed_ms'], 40 * 86_400_000)
    assert.equal(answer['stage'], 3)
    assert.equal(answer['next_stage_at'], '2026-11-10T00:00:00.000Z')
  })

  it('spreads the windows by tenant and server, whatever the case in which the server is named', async () => {
    const state = { id: 1, tenant: 'contoso', started_at: '2026-09-01', at: '2026-11-08T12:00:00Z' }
    const servers = ['ex01', 'EX01', 'ex02', 'ex03', 'ex04', 'ex05', 'ex06', 'ex07', 'ex08', 'ex09']
    const input = servers.map((server) => `${JSON.stringify({ ...state, server })}\n`).join('')
    const answers = (await printed(['decide', '--jsonl'], { input })).trimEnd().split('\n')
    assert.equal(answers[0], answers[1])
    const told = answers.map((line): { action: string; stage: number } => JSON.parse(line))
    assert.ok(told.every(({ stage }) => stage === 5))
    assert.deepEqual(new Set(told.map(({ action }) => action)), new Set(['accept', 'defer', 'refuse']))
  })

  for (const [parameters, message, reason] of [
    [['decide'], /needs --server, --tenant and --started-at/, 'nothing named'],
    [[...state, '--at', 'tomorrow'], /--at 'tomorrow' is not a date; write/, 'a word for a date'],
    [[...state, '--pause', '2026-10-01'], /from\/until/, 'half a pause'],
    [[...state, '--pause', '2026-10-02/2026-10-01'], /ends before/, 'a pause the wrong way round'],
    [['decide', '--jsonl', '--server', 'a'], /leave out/, 'two ways at once'],
    [['decide', '--jsonl', '--json'], /cannot be used with/, 'two forms at once'],
  ] as const) {
    it(`is wrong usage: ${reason}`, () => fails(2, message, parameters))
  }
})
