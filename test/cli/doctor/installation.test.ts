import assert from 'node:assert/strict'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Circumstances } from '../../../src/cli/doctor/scene'
import type { InstallOptions } from '../../support/install'
import { circumstances, finds, install, quiet, remove } from './support'

interface Case {
  readonly id: string
  readonly why: string
  readonly options?: InstallOptions
  /** What is done to the folder afterwards. */
  readonly harm?: (folder: string) => void
  readonly given?: (folder: string) => Partial<Circumstances>
  /** End of the file and line that are named as evidence. */
  readonly evidence?: string
}

const byCertificate = '[contoso]\ntls_certificate_name = *.contoso.com\n'

function put(folder: string, name: string, text: string): void {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

function fakeHaraka(version: string): (folder: string) => void {
  return (folder) =>
    put(folder, 'node_modules/Haraka/package.json', JSON.stringify({ name: 'Haraka', version }))
}

function packageFile(folder: string): string {
  return join(folder, 'node_modules', 'haraka-plugin-exchange-enforcement', 'package.json')
}

const cases: readonly Case[] = [
  { id: 'haraka-version', why: 'from before the hooks that are used', harm: fakeHaraka('3.0.5') },
  {
    id: 'haraka-missing',
    why: 'neither beside the package, nor in the folder, nor on the PATH',
    given: (folder) => ({ packageFolder: join(folder, 'config') }),
  },
  { id: 'node-version', why: 'one minor version too old', given: () => ({ nodeVersion: 'v20.18.3' }) },
  {
    id: 'haraka-user',
    why: 'Haraka would end when it changes to this user',
    options: { smtpIni: 'user=no-such-user' },
    evidence: 'config/smtp.ini:4',
  },
  {
    id: 'haraka-skips-plugins',
    why: 'a start without the plugin would not be noticed',
    options: { smtpIni: 'ignore_bad_plugins=1' },
    evidence: 'config/smtp.ini:4',
  },
  {
    id: 'submission-ports-only',
    why: 'Haraka takes mail there only from who may relay',
    harm: (folder) => put(folder, 'config/smtp.ini', 'listen=[::0]:465,[::0]:587\nnodes=0\n'),
    evidence: 'config/smtp.ini:1',
  },
  {
    id: 'package-missing',
    why: 'listed, but never installed',
    harm: (folder) => rmSync(dirname(packageFile(folder)), { recursive: true }),
  },
  {
    id: 'package-broken',
    why: 'an installation that was cut off: no code',
    harm: (folder) =>
      writeFileSync(
        packageFile(folder),
        '{"name":"haraka-plugin-exchange-enforcement","version":"0.1.0","main":"dist/x.js"}',
      ),
    evidence: 'haraka-plugin-exchange-enforcement/package.json',
  },
  {
    id: 'package-broken',
    why: 'an installation that was cut off: half a package.json',
    harm: (folder) => writeFileSync(packageFile(folder), '{"name":"haraka-plugin-exch'),
  },
  {
    id: 'package-shadowed',
    why: 'a copy of old times in plugins goes before the package',
    harm: (folder) => put(folder, 'plugins/exchange-enforcement.js', ''),
    evidence: 'plugins/exchange-enforcement.js',
  },
  {
    id: 'package-version',
    why: 'the command is a global one of another version',
    given: () => ({ version: '9.9.9' }),
  },
  {
    id: 'plugin-unlisted',
    why: 'installed, but forgotten in config/plugins',
    harm: (folder) => put(folder, 'config/plugins', 'accept_all\n'),
    evidence: 'config/plugins',
  },
  {
    id: 'plugin-unlisted',
    why: 'without config/plugins Haraka loads those that it brings',
    harm: (folder) => rmSync(join(folder, 'config', 'plugins')),
  },
  {
    id: 'plugin-commented-out',
    why: 'switched off for a moment, long ago',
    harm: (folder) =>
      put(folder, 'config/plugins', '# mail\n# haraka-plugin-exchange-enforcement\naccept_all\n'),
    evidence: 'config/plugins:2',
  },
  {
    id: 'plugin-elsewhere',
    why: 'Haraka knows no such folder',
    harm: (folder) => {
      put(folder, 'config/plugins', 'accept_all\n')
      put(folder, 'config/plugins.d/mail', '\nexchange-enforcement\n')
    },
    evidence: 'config/plugins.d/mail:2',
  },
  {
    id: 'plugin-misspelt',
    why: 'an underscore, as in other names',
    harm: (folder) => put(folder, 'config/plugins', 'accept_all\n exchange_enforcement\n'),
    evidence: 'config/plugins:2',
  },
  {
    id: 'plugin-misspelt',
    why: 'a comment behind the name is part of the name',
    harm: (folder) => put(folder, 'config/plugins', 'exchange-enforcement # reports\naccept_all\n'),
    evidence: 'config/plugins:1',
  },
  {
    id: 'plugin-twice',
    why: 'once with the prefix and once without',
    options: { plugins: ['exchange-enforcement', 'accept_all', 'haraka-plugin-exchange-enforcement'] },
    evidence: 'config/plugins:3',
  },
  {
    id: 'plugin-after-queue',
    why: 'smtp_forward has spoken to the next server by then',
    options: { plugins: ['queue/smtp_forward', 'exchange-enforcement', 'accept_all'] },
    evidence: 'config/plugins:2',
  },
  {
    id: 'plugin-missing',
    why: 'Haraka does not start with a plugin that is nowhere',
    options: { plugins: ['exchange-enforcement', 'accept_all', 'no-such-plugin'] },
    evidence: 'config/plugins:3',
  },
  {
    id: 'plugin-behind-another',
    why: 'who answers OK at MAIL is the last to be asked there',
    options: {
      plugins: ['greedy', 'exchange-enforcement', 'accept_all'],
      pluginSources: { greedy: '\nexports.hook_mail = (next) => {\n  next(OK)\n}\n' },
    },
    evidence: 'plugins/greedy.js:2',
  },
  {
    id: 'plugin-overtaken',
    why: 'it may change what the plugin reads',
    options: {
      plugins: ['exchange-enforcement', 'accept_all', 'early'],
      pluginSources: {
        early: "exports.register = function () {\n  this.register_hook('data_post', 'edit', -90)\n}\n",
      },
    },
    evidence: 'plugins/early.js:2',
  },
  {
    id: 'plugin-overtaken',
    why: 'it may undo the replies of the plugin',
    options: {
      plugins: ['early', 'exchange-enforcement', 'accept_all'],
      pluginSources: {
        early: "exports.register = function () {\n  this.register_hook('deny', 'undo', -100)\n}\n",
      },
    },
    evidence: 'plugins/early.js:2',
  },
  {
    id: 'deny-overridden',
    why: 'karma without an exclusion',
    options: { plugins: ['karma', 'exchange-enforcement', 'accept_all'] },
    evidence: 'config/plugins:1',
  },
  {
    id: 'deny-overridden',
    why: 'delay_deny with a list of others',
    options: {
      plugins: ['delay_deny', 'exchange-enforcement', 'accept_all'],
      config: { 'delay_deny.ini': 'excluded_plugins=early_talker\n' },
    },
    evidence: 'config/plugins:1',
  },
  {
    id: 'configuration-invalid',
    why: 'a slip in a key',
    options: { settings: `[main]\nmodus = report\n${quiet}` },
    evidence: 'config/exchange-enforcement.ini:2',
  },
  {
    id: 'configuration-odd',
    why: 'figures of a policy that is not chosen',
    options: { settings: `[policy]\nfloors = 15.1.2507.61\n${quiet}` },
    evidence: 'config/exchange-enforcement.ini:2',
  },
  {
    id: 'mode-off',
    why: 'switched off in an emergency, and forgotten',
    options: { settings: `[main]\nmode = off\n${quiet}` },
    evidence: 'config/exchange-enforcement.ini:2',
  },
  {
    id: 'header-off',
    why: 'nothing behind Haraka sees a verdict',
    options: { settings: `[main]\nadd_header = no\n${quiet}` },
    evidence: 'config/exchange-enforcement.ini:2',
  },
  {
    id: 'tls-unlisted',
    why: 'certificates without TLS',
    options: { connectors: byCertificate },
    evidence: 'config/plugins',
  },
]

describe('The doctor', function () {
  this.timeout(30_000)

  for (const { id, why, options, harm, given, evidence } of cases) {
    it(`finds ${id}: ${why}`, async () => {
      const folder = await install(options)
      try {
        harm?.(folder)
        const found = await finds([id], circumstances(folder, given?.(folder)))
        if (evidence === undefined) return
        const place = found.evidence
        assert.ok(place)
        assert.ok(
          `${place.file}${place.line === null ? '' : `:${place.line}`}`.endsWith(evidence),
          JSON.stringify(place),
        )
      } finally {
        remove(folder)
      }
    })
  }
})
