import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { PlantedBug } from './planted-bugs'

/** This file runs compiled, in `build/test/faults`. */
const projectRoot = resolve(__dirname, '..', '..', '..')
const linked = ['node_modules', 'package.json', 'config', 'src', 'test', 'plugins', 'docs', 'tsconfig.json']
const messages = '900'
const shownCharacters = 3000

type Finder = PlantedBug['finder']

/** A copy of the compiled project, into which a bug can be planted. */
class Garden {
  readonly #folder = mkdtempSync(join(tmpdir(), 'xe-planted-'))

  constructor() {
    cpSync(join(projectRoot, 'build'), join(this.#folder, 'build'), { recursive: true })
    for (const name of linked) symlinkSync(join(projectRoot, name), join(this.#folder, name))
  }

  /** What the finder has against the copy as it is now, the end of what it says; `null`: nothing. */
  complaintOf(finder: Finder): string | null {
    const [script, ...parameters] =
      'fault' in finder
        ? ['build/test/faults/main.js', '--only', finder.fault, '--messages', messages]
        : ['build/test/support/run.js', finder.test]
    const run = spawnSync(process.execPath, [script, ...parameters], { cwd: this.#folder, encoding: 'utf8' })
    return run.status === 0 ? null : `${run.stdout}${run.stderr}`.slice(-shownCharacters)
  }

  /** Compiles the file with the bug in it, and gives back what removes it again. */
  async plant({ file, find, replace }: PlantedBug): Promise<() => void> {
    const source = readFileSync(join(projectRoot, file), 'utf8')
    const [before, after, ...others] = source.split(find)
    if (before === undefined || after === undefined || others.length > 0)
      throw new Error(`${file} does not hold exactly once: ${find}`)
    const { ModuleKind, ScriptTarget, transpileModule } = await import('typescript')
    const { outputText } = transpileModule(`${before}${replace}${after}`, {
      compilerOptions: { module: ModuleKind.CommonJS, target: ScriptTarget.ES2023, esModuleInterop: true },
    })
    const target = join(this.#folder, 'build', file.replace(/\.ts$/, '.js'))
    const good = readFileSync(target)
    writeFileSync(target, outputText)
    return () => writeFileSync(target, good)
  }

  clear(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** Plants one of these bugs after the other, and says of each whether it was found; true where all were. */
export async function findPlanted(
  bugs: readonly PlantedBug[],
  say: (line: string) => void,
): Promise<boolean> {
  const garden = new Garden()
  try {
    const contented = new Set<string>()
    let allFound = true
    for (const bug of bugs) {
      const finder = JSON.stringify(bug.finder)
      // Who is never content finds nothing.
      const complaint = contented.has(finder) ? null : garden.complaintOf(bug.finder)
      if (complaint !== null) {
        say(`BROKEN  ${bug.name}: ${finder} is not content without any bug\n${complaint}`)
        allFound = false
        continue
      }
      contented.add(finder)
      const weed = await garden.plant(bug)
      const found = garden.complaintOf(bug.finder) !== null
      weed()
      say(`${found ? 'found  ' : 'MISSED '} ${bug.name} (${Object.values(bug.finder).join()})`)
      allFound &&= found
    }
    return allFound
  } finally {
    garden.clear()
  }
}
