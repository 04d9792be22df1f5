import { join } from 'node:path'
import { loadCatalogue, packagedCataloguePath } from '../../src/config/catalogue-file'
import { loadSettings } from '../../src/config/load'
import { formatProblem } from '../../src/config/problem'
import type { Settings } from '../../src/config/settings'
import { folderSource } from '../../src/config/source'
import type { Catalogue } from '../../src/rules/verdict/catalogue'
import { byHand } from './cast'
import { noticeSettings } from './post'

export const settingsText = `; Written by "npm start". Edit it: a few seconds after it is saved, Haraka follows.

[main]
mode = enforce
help_url = https://mx.example.com/exchange

[metrics]
listen =
${noticeSettings}
[web]
token_file = exchange-enforcement.token
`

/** `authority`: the file of the certificate authority, where certificates could be made. */
export function connectorsText(authority: string | null): string {
  const known =
    authority === null
      ? 'addresses = 127.0.0.0/8\nsender_domains = contoso.com'
      : `tls_certificate_name = mail.contoso.com\ntls_ca_file = ${authority}`
  return `; Written by "npm start". Three tenants, told apart as yours would be.

; By the client certificate of its servers:
[contoso-hybrid]
tenant = contoso
${known}
contacts = it@contoso.com
language = de

; By address, and only with senders of its own:
[fabrikam]
addresses = 127.0.0.0/8
sender_domains = fabrikam.com
contacts = it@fabrikam.com
language = ja

; For you: mail from anyone@${byHand.domain}.
[by-hand]
tenant = ${byHand.tenant}
addresses = 127.0.0.0/8
sender_domains = ${byHand.domain}
`
}

export interface Rulebook {
  readonly settings: Settings
  readonly catalogue: Catalogue
}

/** What the plugin will read from the same folder. */
export function readRulebook(folder: string): Rulebook {
  const catalogue = loadCatalogue(packagedCataloguePath())
  const productIds = catalogue.products.map(({ id }) => id)
  const loaded = loadSettings(folderSource(join(folder, 'config')), { productIds })
  if (!loaded.ok) throw new Error(loaded.problems.map(formatProblem).join('\n'))
  return { settings: loaded.settings, catalogue }
}
