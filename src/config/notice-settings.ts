import type { Findings } from './findings'
import { languageOf, notALanguage } from './language'
import type { Settings } from './settings'

/** What only shows when the keys of `[notices]` are looked at together. */
export function checkNotices(
  { notices, connectors }: Settings,
  findings: Findings,
  { fileExists }: { readonly fileExists: (path: string) => boolean },
): void {
  const { enabled, from, webhookUrl, webhookSecretFile, smtpUser, smtpPasswordFile } = notices
  if (enabled && from === null && webhookUrl === null) {
    findings.refuse('notices', 'enabled', 'needs from, the address of the sender, or webhook_url')
  }
  if (languageOf(notices.language) === null) {
    findings.warn('notices', 'language', `${notALanguage}; they are in English instead`)
  }
  if (webhookUrl !== null && !isSafe(webhookUrl)) {
    findings.refuse(
      'notices',
      'webhook_url',
      'is not encrypted, and its host is not this one',
      'https://, or http:// to localhost, 127.0.0.1 or [::1]',
    )
  }
  if (webhookUrl !== null && /^https?:\/\/[^/]*@/i.test(webhookUrl)) {
    findings.refuse('notices', 'webhook_url', 'holds a user name or password; calls are signed instead')
  }
  if ((webhookUrl === null) !== (webhookSecretFile === null)) {
    findings.refuse(
      'notices',
      webhookUrl === null ? 'webhook_secret_file' : 'webhook_url',
      webhookUrl === null ? 'needs webhook_url' : 'needs webhook_secret_file',
    )
  }
  if ((smtpUser === null) !== (smtpPasswordFile === null)) {
    findings.refuse(
      'notices',
      smtpUser === null ? 'smtp_password_file' : 'smtp_user',
      smtpUser === null ? 'needs smtp_user' : 'needs smtp_password_file',
    )
  }
  for (const [key, file] of [
    ['webhook_secret_file', webhookSecretFile],
    ['smtp_password_file', smtpPasswordFile],
  ] as const) {
    if (file !== null && !fileExists(file)) findings.warn('notices', key, `there is no file ${file}`)
  }
  if (enabled && from !== null && connectors.every(({ contacts }) => contacts.length === 0)) {
    findings.warn('notices', 'enabled', 'no connector names contacts, so that nobody is mailed')
  }
}

/** Signed is not secret: what is told of a tenant's servers is nobody else's business. */
function isSafe(address: string): boolean {
  const { protocol, hostname } = new URL(address)
  return protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
}
