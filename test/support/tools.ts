import { spawnSync } from 'node:child_process'
import { accessSync, chmodSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Programs that the tests run, and the Debian package of each. */
const packages = {
  'redis-server': 'redis-server',
  openssl: 'openssl',
  prometheus: 'prometheus',
  promtool: 'prometheus',
  chromium: 'chromium',
  mandoc: 'mandoc',
  zsh: 'zsh',
  fish: 'fish',
} as const

/** Under which names Chromium is found; elsewhere than on Debian it is called otherwise. */
const browsers = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']

export function isOnPath(program: string): boolean {
  return pathOf(program) !== null
}

function pathOf(program: string): string | null {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, program)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // Then it may be in the next one.
    }
  }
  return null
}

/** The browser to run, by its path. */
export function browserProgram(): string | null {
  return browsers.map(pathOf).find((path) => path !== null) ?? null
}

function isThere(program: string): boolean {
  return program === 'chromium' ? browserProgram() !== null : isOnPath(program)
}

function mayInstall(): boolean {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version') && isOnPath('apt-get')
}

/** Debian's way to say that a package installed now shall not start its service. */
const servicePolicy = '/usr/sbin/policy-rc.d'

function install(names: readonly string[]): boolean {
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (...parameters: string[]): boolean =>
    spawnSync('apt-get', parameters, { env: environment, stdio: ['ignore', 'inherit', 'inherit'] }).status ===
    0
  const ownPolicy = !existsSync(servicePolicy)
  if (ownPolicy) {
    writeFileSync(servicePolicy, '#!/bin/sh\nexit 101\n')
    chmodSync(servicePolicy, 0o755)
  }
  try {
    return apt('update') && apt('install', '-y', '--no-install-recommends', ...names)
  } finally {
    if (ownPolicy) rmSync(servicePolicy)
  }
}

/**
 * Makes sure that the programs the tests run are there; on Debian, as root, by installing them. What is missing
 * in the end is said in one sentence each, with what to do.
 */
export function provideTools(): string[] {
  const missing = (): [string, string][] => Object.entries(packages).filter(([program]) => !isThere(program))
  const names = [...new Set(missing().map(([, name]) => name))]
  if (names.length > 0 && mayInstall()) {
    console.log(`Installing ${names.join(', ')} …`)
    install(names)
  }
  return missing().map(
    ([program, name]) =>
      `"${program}" is not on the PATH: install it first (Debian, Ubuntu: apt-get install ${name}; macOS: brew install ${name === 'redis-server' ? 'redis' : name})`,
  )
}
