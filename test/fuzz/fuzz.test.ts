import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { attack, faultOf, inputOf, leastTimeMs } from './campaign'
import { keptCases } from './kept'
import { UsageError, parseOptions } from './options'
import { demand, hostileLimitMs, type Target } from './target'
import { targets } from './targets'

/** Other tests, and coverage, take their share of the machine. */
const patience = 10

describe('What strangers write', function () {
  this.timeout(30_000)

  for (const target of targets) {
    it(`is read safely and at once: ${target.what}`, () => {
      const { inputs, finds } = attack(target, { seed: 1, milliseconds: 250, patience })
      assert.deepEqual(finds, [])
      assert.ok(inputs > 0)
    })
  }

  for (const { target: name, why, input } of keptCases()) {
    it(`is read safely where it once was not: ${name}, ${JSON.stringify(why).slice(1, 101)}`, () => {
      const target = targets.find((each) => each.name === name)
      assert.ok(target, name)
      assert.equal(faultOf(target, input), null)
      assert.ok(leastTimeMs(target, input) <= target.limitMs * patience)
    })
  }

  for (const target of targets) {
    const { long } = target
    if (!long) continue
    it(`takes time in proportion to its length, to 1 MiB: ${target.name}`, () => {
      const [short, whole] = [long(2 ** 16), long(2 ** 20)]
      leastTimeMs(target, short, 1)
      const [shortMs, wholeMs] = [leastTimeMs(target, short, 4), leastTimeMs(target, whole, 4)]
      // Sixteen times as long; were it square, it would take 256 times as long.
      assert.ok(wholeMs < 64 * Math.max(shortMs, 1), `${shortMs} ms, then ${wholeMs} ms`)
    })
  }
})

describe('npm run fuzz', function () {
  this.timeout(30_000)

  const broken: Target = {
    name: 'broken',
    what: 'a reader that does not know the letter q',
    limitMs: hostileLimitMs,
    make: (random) => String.fromCharCode(...random.list(20, () => 97 + random.below(26))),
    check: (input) => demand(!input.includes('q'), 'a q'),
  }

  it('finds what is wrong, says how to have it again, and makes it as short as can be', () => {
    const { finds } = attack(broken, { seed: 7, milliseconds: 200 })
    const [find] = finds
    assert.equal(finds.length, 1)
    assert.ok(find)
    assert.equal(find.input, 'q')
    assert.match(find.why, /a q$/)
    assert.ok(inputOf(broken, find.seed, find.number).includes('q'))
  })

  it('finds what is slow', () => {
    const slow: Target = {
      ...broken,
      check: () => {
        const before = process.cpuUsage()
        while (process.cpuUsage(before).user < 8000);
      },
    }
    const { finds } = attack(slow, { seed: 7, milliseconds: 200 })
    assert.match(finds[0]?.why ?? '', /takes \d+\.\d ms/)
  })

  it('makes the same inputs of the same seed', () => {
    for (const target of targets) {
      for (const number of [0, 1, 99]) assert.equal(inputOf(target, 5, number), inputOf(target, 5, number))
      assert.notEqual(inputOf(target, 5, 1), inputOf(target, 5, 2), target.name)
    }
  })

  it('says what it read, and ends with 0; wrong usage is told with 2', () => {
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [join(__dirname, 'main.js'), ...args], { encoding: 'utf8' })
    const good = run('--minutes=0.005', '--target', 'addresses', '--seed', '3', '--json')
    assert.equal(good.status, 0, good.stderr)
    const { target, inputs, finds }: Record<string, unknown> = JSON.parse(good.stdout)
    assert.deepEqual([target, finds], ['addresses', []])
    assert.ok(Number(inputs) > 0)
    const bad = run('--target', 'nothing')
    assert.equal(bad.status, 2)
    assert.match(bad.stderr, /^there is no target "nothing"[^\n]*evidence[^\n]*\n\nnpm run fuzz/)
  })

  it('does not take what it does not know', () => {
    for (const args of [['--minutes', 'x'], ['--minutes=0'], ['--what'], ['--seed'], ['--seed', '-1']]) {
      assert.throws(() => parseOptions(args), UsageError, args.join(' '))
    }
    assert.deepEqual(parseOptions(['--minutes=2', '--seed', '7']), {
      minutes: 2,
      seed: 7,
      json: false,
      targets,
    })
  })
})
