import { spawnSync } from 'node:child_process'
import { accessSync, chmodSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Programs that the tests run, and the Debian package of each. */
const packages = {
  'redis-server': 'redis-server',
  openssl: 'openssl',
  prometheus: 'prometheus',
  promtool: 'prometheus',
} as const

export function isOnPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
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
  const missing = (): [string, string][] => Object.entries(packages).filter(([program]) => !isOnPath(program))
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
