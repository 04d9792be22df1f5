import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  claimMs,
  emptyContact,
  handOver,
  hearOfQueue,
  maxNoticesPerLetter,
  noticeText,
  settle,
  takeUp,
  type Delivery,
  type DueName,
} from '../../../src/rules/notice/ledger'
import type { ContactRecord, LetterState } from '../../../src/rules/notice/record'
import { dayMs, hourMs, minuteMs } from '../../../src/rules/time'

const t0 = Date.UTC(2026, 10, 22, 12)
const soon = t0 + 3 * dayMs

function due(server: string, change: Partial<DueName> = {}): DueName {
  return { kind: 'stage', server, mark: '2', firstBy: soon, until: soon + 4 * dayMs, ...change }
}

/** A process that takes letters. */
class Sender {
  #letters = 0
  constructor(readonly by: string) {}

  take(record: ContactRecord, notices: readonly DueName[], now: number) {
    return takeUp(record, notices, { now, by: this.by, newId: () => `${this.by}-${(this.#letters += 1)}` })
  }
}

const a = new Sender('a')
const b = new Sender('b')
const fresh = emptyContact('contoso', 'it@contoso.com')

function claimed(notices: readonly DueName[], now = t0): ContactRecord {
  const { record, commission } = a.take(fresh, notices, now)
  assert.ok(record && commission)
  assert.equal(commission.record, record)
  return record
}

function stateOf(record: ContactRecord | null): LetterState['state'] | undefined {
  return record?.letters.at(-1)?.state
}

function only(record: ContactRecord) {
  const [letter, ...others] = record.letters
  assert.ok(letter)
  assert.deepEqual(others, [])
  return letter
}

function must(record: ContactRecord | null): ContactRecord {
  assert.ok(record)
  return record
}

/** As far as the moment of handing over. */
function sending(notices: readonly DueName[], now = t0): ContactRecord {
  const record = claimed(notices, now)
  return must(handOver(record, only(record).id, 'a', now))
}

function settled(record: ContactRecord, delivery: Delivery, now: number, by = 'a'): ContactRecord {
  return must(settle(record, record.letters.at(-1)?.id ?? '', by, delivery, now))
}

const refused: Delivery = { result: 'failed', error: '450 later', permanent: false }
const unknown: Delivery = { result: 'unknown', error: 'the connection broke' }

describe('What a contact is told', () => {
  it('is one letter with all that is due, and is not written a second time', () => {
    const record = claimed([due('ex01'), due('ex02')])
    assert.deepEqual(
      record.notices.map(({ server }) => server),
      ['ex01', 'ex02'],
    )
    const sent = settled(must(handOver(record, only(record).id, 'a', t0)), { result: 'sent' }, t0 + 1)
    assert.equal(stateOf(sent), 'sent')
    assert.deepEqual(b.take(sent, [due('ex01'), due('ex02')], t0 + minuteMs), {
      record: null,
      commission: null,
    })
  })

  it('is nothing where nothing is due', () => {
    assert.deepEqual(a.take(fresh, [], t0), { record: null, commission: null })
  })

  it('is not begun later than it may be', () => {
    assert.equal(a.take(fresh, [due('ex01', { firstBy: t0 - 1 })], t0).commission, null)
    assert.ok(a.take(fresh, [due('ex01', { firstBy: t0 })], t0).commission)
  })

  it('is another letter for another stage, clock or server, and not for another number of the case', () => {
    const sent = settled(sending([due('ex01')]), { result: 'sent' }, t0)
    for (const other of [due('ex02'), due('ex01', { mark: '3' }), due('ex01', { kind: 'stage-ahead' })]) {
      assert.deepEqual(a.take(sent, [due('ex01'), other], t0 + 1).commission?.names.map(noticeText), [
        noticeText(other),
      ])
    }
  })

  it('is cut into letters of a size that can be read', () => {
    const many = Array.from({ length: maxNoticesPerLetter + 10 }, (_, index) => due(`ex${index}`))
    const { commission, record } = a.take(fresh, many, t0)
    assert.equal(commission?.names.length, maxNoticesPerLetter)
    const sent = settled(
      must(handOver(must(record), commission?.letter.id ?? '', 'a', t0)),
      { result: 'sent' },
      t0,
    )
    assert.equal(a.take(sent, many, t0 + 1).commission?.names.length, 10)
  })
})

describe('A letter whose sender died', () => {
  const notices = [due('ex01'), due('ex02')]

  it('is left alone as long as the sender may live', () => {
    for (const record of [claimed(notices), sending(notices)]) {
      assert.deepEqual(b.take(record, notices, t0 + claimMs - 1), { record: null, commission: null })
    }
  })

  it('is taken over as new where nothing had gone out, with what is due by then', () => {
    const { commission, record } = b.take(claimed(notices), [due('ex02'), due('ex03')], t0 + claimMs)
    assert.deepEqual(
      commission?.names.map(({ server }) => server),
      ['ex02', 'ex03'],
    )
    assert.equal(commission?.letter.doubts, 0)
    assert.deepEqual(
      record?.notices.map(({ server }) => server),
      ['ex02', 'ex03'],
    )
    assert.equal(
      handOver(must(record), commission?.letter.id ?? '', 'a', t0 + claimMs),
      null,
      'it is not its own any more',
    )
  })

  it('is repeated once under the same id where it may have gone out, and holds nothing new', () => {
    const first = sending(notices)
    const { commission, record } = b.take(first, [...notices, due('ex03')], t0 + claimMs)
    assert.equal(commission?.letter.id, only(first).id)
    assert.equal(commission?.letter.doubts, 1)
    assert.deepEqual(
      commission?.names.map(({ server }) => server),
      ['ex01', 'ex02'],
    )
    // It dies again, at the same point: never a third time.
    const again = must(handOver(must(record), only(first).id, 'b', t0 + claimMs))
    const third = a.take(again, [...notices, due('ex03')], t0 + 3 * claimMs)
    assert.deepEqual(
      third.commission?.names.map(({ server }) => server),
      ['ex03'],
    )
    assert.equal(third.record?.letters.find(({ id }) => id === only(first).id)?.state, 'doubtful')
    const closed = a.take(again, notices, t0 + 3 * claimMs)
    assert.equal(closed.commission, null)
    assert.equal(stateOf(closed.record), 'doubtful')
  })

  it('is still only repeated once where the second sender died before handing it over', () => {
    const second = must(b.take(sending(notices), notices, t0 + claimMs).record)
    const third = a.take(second, [...notices, due('ex03')], t0 + 2 * claimMs)
    assert.equal(third.commission?.letter.doubts, 1)
    assert.deepEqual(
      third.commission?.names.map(({ server }) => server),
      ['ex01', 'ex02'],
    )
  })

  it('is closed where nobody needs it any more: doubtful if it may have gone out, else undelivered or forgotten', () => {
    const { record } = b.take(sending(notices), [], t0 + claimMs)
    assert.equal(stateOf(record), 'doubtful')
    assert.equal(must(record).notices.length, 2)
    const moot = b.take(claimed(notices), [], t0 + claimMs)
    assert.deepEqual(
      moot.record?.letters,
      [],
      'its servers have recovered: it is as if it had never been begun',
    )
    const late = b.take(claimed(notices), [], soon + 5 * dayMs)
    assert.equal(stateOf(late.record), 'undelivered')
  })
})

describe('A letter that failed', () => {
  const notices = [due('ex01', { until: t0 + 60 * dayMs }), due('ex02', { until: t0 + 2 * hourMs })]

  it('is tried again after 5 and 15 minutes, 1, 4, 12 hours, and then daily', () => {
    let record = claimed(notices)
    let now = t0
    const waits: number[] = []
    for (let attempt = 0; attempt < 8; attempt += 1) {
      record = settled(record, refused, now)
      const letter = record.letters.at(-1)
      assert.ok(letter?.state === 'failed')
      waits.push(letter.retryAt - now)
      assert.equal(a.take(record, notices, letter.retryAt - 1).commission, null)
      now = letter.retryAt
      const next = a.take(
        record,
        notices.filter(({ until }) => now < until),
        now,
      )
      assert.equal(next.commission?.letter.attempts, attempt + 1)
      record = must(next.record)
    }
    const minutes = waits.map((wait) => wait / minuteMs)
    assert.deepEqual(minutes, [5, 15, 60, 240, 720, 1440, 1440, 1440])
  })

  it('waits a day at once where the other side refused for good', () => {
    const letter = only(settled(claimed(notices), { ...refused, permanent: true }, t0))
    assert.equal(letter.state === 'failed' && letter.retryAt, t0 + dayMs)
  })

  it('takes along what has become due, and writes down what came too late', () => {
    const failed = settled(claimed(notices), refused, t0)
    const later = a.take(failed, [due('ex01', { until: t0 + 60 * dayMs }), due('ex03')], t0 + dayMs)
    assert.deepEqual(
      later.commission?.names.map(({ server }) => server),
      ['ex01', 'ex03'],
    )
    const given = later.record?.letters.find(({ state }) => state === 'undelivered')
    assert.ok(given?.state === 'undelivered' && given.error === '450 later')
    assert.deepEqual(
      later.record?.notices.filter(({ letter }) => letter === given.id).map(({ server }) => server),
      ['ex02'],
    )
  })

  it('is given up where nothing of it is of use any more', () => {
    const failed = settled(claimed(notices), refused, t0)
    const { record, commission } = a.take(failed, [], t0 + 61 * dayMs)
    assert.equal(commission, null)
    assert.equal(stateOf(record), 'undelivered')
  })

  it('counts as a doubt where the other side may have taken it', () => {
    const first = settled(sending(notices), unknown, t0)
    const repeat = a.take(first, [...notices, due('ex03')], t0 + hourMs)
    assert.equal(repeat.commission?.letter.doubts, 1)
    assert.deepEqual(
      repeat.commission?.names.map(({ server }) => server),
      ['ex01', 'ex02'],
    )
    const id = repeat.commission?.letter.id ?? ''
    const second = must(handOver(must(repeat.record), id, 'a', t0 + hourMs))
    assert.equal(stateOf(settled(second, unknown, t0 + hourMs)), 'doubtful')
    assert.equal(stateOf(settled(second, refused, t0 + hourMs)), 'failed', 'refused: that is no doubt')
  })
})

describe("News of Haraka's queue", () => {
  const queued = settled(sending([due('ex01')]), { result: 'queued' }, t0)
  const id = only(queued).id

  it('closes the letter', () => {
    assert.equal(stateOf(hearOfQueue(queued, id, { state: 'sent' }, t0)), 'sent')
    const deferred = must(hearOfQueue(queued, id, { state: 'queued', error: '450 later' }, t0))
    assert.equal(stateOf(deferred), 'queued')
    assert.equal(
      stateOf(hearOfQueue(deferred, id, { state: 'undelivered', error: '550 no' }, t0)),
      'undelivered',
    )
  })

  it('changes nothing where the end is known, or the letter is not', () => {
    const sent = must(hearOfQueue(queued, id, { state: 'sent' }, t0))
    assert.equal(hearOfQueue(sent, id, { state: 'sent' }, t0), null)
    assert.equal(hearOfQueue(sent, id, { state: 'undelivered', error: '' }, t0), null)
    assert.equal(hearOfQueue(queued, 'another', { state: 'sent' }, t0), null)
  })

  for (const [news, reason] of [
    [{ state: 'sent' }, 'the other side took it at once'],
    [{ state: 'queued', error: '450 later' }, 'the first try failed at once'],
    [{ state: 'undelivered', error: '550 no' }, 'the other side refused it at once'],
  ] as const) {
    it(`stands where it comes before it is written down that the letter is queued: ${reason}`, () => {
      const handedOver = sending([due('ex01')])
      const { id: early, madeAt } = only(handedOver)
      const heard = must(hearOfQueue(handedOver, early, news, t0 + 1))
      assert.deepEqual(only(heard), { id: early, madeAt, at: t0 + 1, ...news })
      assert.equal(settle(heard, early, 'a', { result: 'queued' }, t0 + 2), null)
    })
  }

  it('stops a repeat: what was delivered after all must not go out again', () => {
    const repeat = must(b.take(sending([due('ex01')]), [due('ex01')], t0 + claimMs).record)
    const known = must(hearOfQueue(repeat, only(repeat).id, { state: 'sent' }, t0 + claimMs))
    assert.equal(handOver(known, only(repeat).id, 'b', t0 + claimMs), null)
    assert.equal(settle(known, only(repeat).id, 'b', { result: 'queued' }, t0 + claimMs), null)
    const undelivered = { state: 'undelivered', error: '' } as const
    assert.equal(hearOfQueue(repeat, only(repeat).id, undelivered, t0), null)
    const handedOver = must(handOver(repeat, only(repeat).id, 'b', t0 + claimMs))
    assert.equal(hearOfQueue(handedOver, only(repeat).id, undelivered, t0 + claimMs), null, 'of which copy?')
  })
})

describe('The ledger of a contact', () => {
  it('forgets a notice a month after it was of use, and letters of which nothing is left', () => {
    const sent = settled(sending([due('ex01', { until: soon })]), { result: 'sent' }, t0)
    const later = a.take(sent, [due('ex02', { firstBy: soon + 31 * dayMs })], soon + 31 * dayMs)
    assert.deepEqual(
      later.record?.notices.map(({ server }) => server),
      ['ex02'],
    )
    assert.equal(later.record?.letters.length, 1)
  })

  it('never lets a notice go out three times, nor lose itself, wherever senders die', () => {
    // What a sender does before it dies: nothing, hand over, or hand over and be received.
    const step = fc.record({
      fate: fc.constantFrom('dies-early', 'dies-sending', 'dies-received', 'refused', 'broken', 'sent'),
      waits: fc.integer({ min: 0, max: 20 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const notices = ['ex01', 'ex02'].map((server) =>
          due(server, { firstBy: t0 + 900 * dayMs, until: t0 + 999 * dayMs }),
        )
        let record = fresh
        let now = t0
        const received = new Map<string, number>()
        for (const { fate, waits } of [
          ...steps,
          { fate: 'sent', waits: 1500 },
          { fate: 'sent', waits: 1500 },
        ]) {
          now += waits * minuteMs
          const { record: next, commission } = a.take(record, notices, now)
          record = next ?? record
          if (!commission || fate === 'dies-early') continue
          const handed = handOver(record, commission.letter.id, 'a', now)
          assert.ok(handed)
          record = handed
          if (fate === 'dies-received' || fate === 'sent' || fate === 'broken') {
            for (const name of commission.names) {
              received.set(name.server, (received.get(name.server) ?? 0) + 1)
            }
          }
          const delivery = ({ refused, broken: unknown, sent: { result: 'sent' } } as const)[fate as 'sent']
          if (delivery) record = settled(record, delivery, now)
        }
        for (const { server } of notices) assert.ok((received.get(server) ?? 0) <= 2, `${server} thrice`)
        for (const { server } of notices) {
          // What did not arrive is not lost in silence: it stands there as doubtful.
          const letters = record.notices.filter((each) => each.server === server).map(({ letter }) => letter)
          const states = record.letters.filter(({ id }) => letters.includes(id)).map(({ state }) => state)
          assert.ok(received.has(server) || states.includes('doubtful'), `${server}: ${states.join()}`)
        }
      }),
      { numRuns: 500 },
    )
  })
})
