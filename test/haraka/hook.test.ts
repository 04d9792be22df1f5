import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { runHook, stillThere } from '../../src/haraka/hook'
import type { Answer } from '../../src/haraka/hook'
import { denial, fakeConnection, fakeTransaction } from './fakes'

type Run = (isOpen: () => boolean) => Answer | Promise<Answer>

/** What was handed to `next`, each call, and the faults that were told. */
async function outcome(run: Run, timeoutMs = 50): Promise<{ answers: (number | null)[]; faults: string[] }> {
  const answers: (number | null)[] = []
  const faults: string[] = []
  runHook(
    (code) => void answers.push(code ?? null),
    timeoutMs,
    run,
    (kind, error) => void faults.push(`${kind}: ${error instanceof Error ? error.message : String(error)}`),
  )
  await sleep(timeoutMs + 40)
  return { answers, faults }
}

const never = (): Promise<Answer> => new Promise(() => undefined)
const fail = (text: string): never => {
  throw new Error(text)
}

describe('A hook', () => {
  const table: [what: string, run: Run, answers: (number | null)[], faults: string[]][] = [
    ['goes on', () => null, [null], []],
    ['denies', () => denial, [903], []],
    ['goes on later', () => Promise.resolve(null), [null], []],
    ['denies later', () => Promise.resolve(denial), [903], []],
    ['goes on where the code throws', () => fail('thrown'), [null], ['exception: thrown']],
    [
      'goes on where the promise rejects',
      () => Promise.reject(new Error('rejected')),
      [null],
      ['exception: rejected'],
    ],
    [
      'goes on where something odd is thrown',
      () => Promise.reject({ odd: true }),
      [null],
      ['exception: [object Object]'],
    ],
    ['goes on when the time is up', never, [null], ['deadline: no answer within 50 ms']],
    [
      'answers once, where the answer comes too late',
      () => sleep(70).then(() => denial),
      [null],
      ['deadline: no answer within 50 ms'],
    ],
    [
      'tells of a fault after the time was up, and answers once',
      () => sleep(70).then(() => fail('late')),
      [null],
      ['deadline: no answer within 50 ms', 'exception: late'],
    ],
  ]
  for (const [what, run, answers, faults] of table) {
    it(what, async () => {
      assert.deepEqual(await outcome(run), { answers, faults })
    })
  }

  it('knows whether its answer still counts', async () => {
    const seen: boolean[] = []
    await outcome(async (isOpen) => {
      seen.push(isOpen())
      await sleep(80)
      seen.push(isOpen())
      return null
    })
    assert.deepEqual(seen, [true, false])
  })

  const runs: [when: string, run: Run][] = [
    ['at once', () => fail('a')],
    ['in a promise', () => Promise.reject(new Error('b'))],
    ['when the time is up', never],
  ]
  for (const [when, run] of runs) {
    it(`goes on where even the fault cannot be told, ${when}`, async () => {
      let answers = 0
      runHook(
        () => void (answers += 1),
        20,
        run,
        () => fail('nobody listens'),
      )
      await sleep(50)
      assert.equal(answers, 1)
    })

    it(`survives what comes after it failing, ${when}`, async () => {
      const faults: string[] = []
      let answers = 0
      const next = (): never => {
        answers += 1
        return fail('next failed')
      }
      runHook(next, 20, when === 'at once' ? () => null : run, (kind) => void faults.push(kind))
      await sleep(50)
      assert.equal(answers, 1)
      assert.equal(faults.at(-1), 'exception')
    })
  }

  it('knows its transaction from another, and from none', () => {
    const [transaction, other] = [fakeTransaction([]), fakeTransaction([])]
    assert.equal(stillThere(fakeConnection({ transaction }).connection, transaction), true)
    assert.equal(stillThere(fakeConnection({ transaction: other }).connection, transaction), false)
    assert.equal(stillThere(fakeConnection().connection, transaction), false)
    assert.equal(stillThere(fakeConnection().connection, null), false)
  })
})
