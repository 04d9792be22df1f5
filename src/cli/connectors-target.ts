import { constants, copyFileSync, existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { loadSettings } from '../config/load'
import type { RawConfig } from '../config/parse-settings'
import type { ConfigProblem } from '../config/problem'
import { createFile, FileNotReplaced, replaceFile } from '../config/replace-file'
import { connectorsFile, mainFile, redisFile } from '../config/schema'
import { folderSource } from '../config/source'
import { misuse, refusal } from './failure'
import { iso } from './instant'
import type { Invocation } from './invocation'

/** Where new sections go. */
export interface Target {
  /** What the plugin would refuse, were the sections there. */
  problems(text: string): readonly ConfigProblem[]
  /** `null` where they are to be printed. Throws `CliFailure`; then nothing was changed. */
  write(text: string): Written | null
}

export interface Written {
  readonly file: string
  /** The file as it was before. */
  readonly backup: string | null
}

export interface TargetOptions {
  readonly output?: string
  readonly append?: boolean
}

export function targetOf(options: TargetOptions, folder: string | null, invocation: Invocation): Target {
  if (options.append !== true) return newFile(options.output ?? null, invocation.directory)
  if (folder === null) throw misuse("--append needs Haraka's config folder; name it with --config")
  return connectorsFileOf(folder, invocation.now())
}

/** The sections are checked by themselves: what else the plugin reads is not known to belong to them. */
function newFile(output: string | null, directory: string): Target {
  const path = resolve(directory, output ?? connectorsFile)
  const nothing = (name: string) => ({ path: name, files: [], faults: [] })
  return {
    problems: (text) => {
      const connectors = { ...nothing(path), files: [{ path: output ?? 'the result', text }] }
      return problemsOf({ main: nothing(mainFile), connectors, redisIni: nothing(redisFile) }, directory)
    },
    write: (text) => {
      if (output === null) return null
      return writing(() => {
        createFile(path, text)
        return { file: path, backup: null }
      })
    },
  }
}

function connectorsFileOf(folder: string, now: number): Target {
  const path = join(folder, connectorsFile)
  const before = existsSync(path) ? readFileSync(path, 'utf8') : ''
  const ending = before.includes('\r\n') ? '\r\n' : '\n'
  const gap = before === '' ? '' : before.endsWith('\n') ? ending : ending + ending
  const withSections = (text: string): string => before + gap + text.replaceAll('\n', ending)
  return {
    problems: (text) => {
      const raw = folderSource(folder).read()
      const others = raw.connectors.files.filter((file) => file.path !== path)
      const files = [...others, { path, text: withSections(text) }]
      return problemsOf({ ...raw, connectors: { ...raw.connectors, files } }, folder)
    },
    write: (text) =>
      writing(() => {
        const backup = before === '' ? null : `${path}.${iso(now).replaceAll(/[-:]|\.\d+/g, '')}.bak`
        if (backup !== null) copyFileSync(path, backup, constants.COPYFILE_EXCL)
        replaceFile(path, withSections(text), () => {
          const [problem] = problemsOf(folderSource(folder).read(), folder)
          if (problem) throw new Error(problem.message)
        })
        return { file: path, backup }
      }),
  }
}

function problemsOf(raw: RawConfig, folder: string): readonly ConfigProblem[] {
  const result = loadSettings({ ...folderSource(folder), read: () => raw }, { productIds: null })
  return result.ok ? [] : result.problems
}

function writing<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof FileNotReplaced) throw refusal(error.message, error)
    if (error instanceof Error && 'code' in error)
      throw refusal(`nothing was written: ${error.message}`, error)
    throw error
  }
}
