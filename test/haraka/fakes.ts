import config from 'haraka-config'
import { create } from 'haraka-dsn'
import type { Observer } from '../../src/enforcement/observer'
import type { Answer } from '../../src/haraka/hook'
import type { Connection, Plugin, Transaction } from '../../src/haraka/types'

export interface Logged {
  readonly level: string
  readonly text: string
  readonly facts?: Readonly<Record<string, string | number>> | undefined
}

/** A plugin that keeps what it is told to log. */
export function fakePlugin(): { readonly plugin: Plugin; readonly logged: Logged[] } {
  const logged: Logged[] = []
  const at =
    (level: string) =>
    (text: string): void => {
      logged.push({ level, text })
    }
  const plugin: Plugin = {
    name: 'exchange-enforcement',
    config,
    timeout: 30,
    register_hook: () => undefined,
    haraka_require: () => ({ send_email: () => undefined }),
    logdebug: at('debug'),
    loginfo: at('info'),
    logwarn: at('warn'),
    logerror: at('error'),
    logcrit: at('crit'),
  }
  return { plugin, logged }
}

/** An observer that keeps what it counted, as `name label`. */
export function countingObserver(): { readonly observer: Observer; readonly counted: string[] } {
  const counted: string[] = []
  const observer: Observer = {
    count: (name, labels) => void counted.push([name, ...Object.values(labels)].join(' ')),
    decisionTook: () => undefined,
    storeTook: () => undefined,
  }
  return { observer, counted }
}

export function fakeConnection(change: Partial<Connection> = {}): {
  readonly connection: Connection
  readonly logged: Logged[]
  readonly facts: Readonly<Record<string, unknown>>[]
} {
  const logged: Logged[] = []
  const facts: Readonly<Record<string, unknown>>[] = []
  const at =
    (level: string): Connection['loginfo'] =>
    (_plugin, text, said) =>
      void logged.push({ level, text, facts: said })
  const connection: Connection = {
    uuid: 'A',
    remote: { ip: '192.0.2.1', host: 'ex01.contoso.com' },
    local: { host: 'mx.example.com', port: 25 },
    hello: { host: 'EX01.contoso.com' },
    tls: { enabled: false },
    relaying: false,
    client: null,
    notes: {},
    results: { add: (_plugin, added) => void facts.push(added) },
    transaction: null,
    loginfo: at('info'),
    lognotice: at('notice'),
    logwarn: at('warn'),
    logerror: at('error'),
    ...change,
  }
  return { connection, logged, facts }
}

export function fakeTransaction(
  fields: readonly string[],
  uuid = 'A.1',
): Transaction & { readonly removed: string[] } {
  const removed: string[] = []
  const header_list = [...fields]
  return {
    uuid,
    mail_from: null,
    notes: {},
    results: { add: () => undefined },
    header: { header_list, get: () => '' },
    add_header: (name, value) => void header_list.push(`${name}: ${value}\n`),
    remove_header: (name) => void removed.push(name),
    removed,
  }
}

export const denial: Answer = { code: 903, reply: create(450, 'later', 7, 230) }
