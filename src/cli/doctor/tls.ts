import { createPrivateKey, X509Certificate } from 'node:crypto'
import { TrustStore } from '../../haraka/trust-store'
import { dayMs } from '../../rules/time'
import type { Account } from './account'
import { whyDenied } from './account'
import type { ConfigFolder, Ini } from './config-folder'
import { area, reasonOf, type Report } from './finding'
import { parsePluginList } from './plugin-list'

const expiresSoonMs = 14 * dayMs

const checks = {
  'tls-unlisted': {
    severity: 'error',
    about: 'Connectors are known by certificate, but Haraka offers no TLS: they match nobody.',
    remedy:
      'Add tls in front of exchange-enforcement in config/plugins, with key and certificate of the server, and restart Haraka.',
  },
  'tls-certificate': {
    severity: 'error',
    about: "Haraka's own key or certificate cannot be used, so that STARTTLS is not offered.",
    remedy:
      'Put key and certificate, in PEM, where tls.ini says (tls_key.pem and tls_cert.pem by default), readable for the user of Haraka.',
  },
  'tls-certificate-expired': {
    severity: 'warning',
    about:
      "Haraka's own certificate has expired or is about to, and careful senders fall back to sessions without TLS, or stay away.",
    remedy: 'Renew the certificate, and restart Haraka.',
  },
  'tls-no-client-certificates': {
    severity: 'error',
    about:
      'Haraka does not ask clients for a certificate, so that connectors known by certificate match nobody.',
    remedy: 'Write requestCert = true in config/tls.ini, or take the line out: true is the default.',
  },
  'tls-rejects': {
    severity: 'warning',
    about:
      'Haraka is told to reject clients itself: after STARTTLS it turns away who has no certificate and checks none, on port 465 it also turns away good ones of other authorities.',
    remedy:
      'Take rejectUnauthorized and requireAuthorized out of tls.ini: the plugin checks certificates itself.',
  },
  'tls-not-on-port': {
    severity: 'warning',
    about: 'STARTTLS is switched off on port 25, where Exchange servers connect.',
    remedy: 'Take 25 out of no_starttls_ports in tls.ini.',
  },
  'connector-authorities': {
    severity: 'error',
    about:
      'A file of authorities that a connector names cannot be used, so that the connector matches nobody.',
    remedy: 'Put the certificates of the authorities into it, in PEM, readable for the user of Haraka.',
  },
} as const

type Id = keyof typeof checks

export const tlsArea = area('TLS', checks, async (scene, report) => {
  const { config } = scene
  if (!config) return
  const settings = scene.settings()
  const byCertificate =
    settings?.connectors.filter(({ tlsCertificateName }) => tlsCertificateName !== null) ?? []
  const plugins = config.text('plugins')
  const isListed =
    plugins.state === 'read' && parsePluginList(plugins.text).plugins.some(({ name }) => name === 'tls')
  const ini = config.ini('tls.ini')
  if (ini.source.state === 'unreadable') {
    report.unknown('tls-no-client-certificates', `${ini.source.path} cannot be read: ${ini.source.why}`)
  }
  const account = await scene.account()
  if (isListed) tellServerCertificate(config, ini, account, scene.given.now, report)
  if (byCertificate.length === 0) {
    report.ok(
      'tls-no-client-certificates',
      settings ? 'no connector is known by certificate' : 'no valid connector is known by certificate',
    )
    return
  }
  const names = byCertificate.map(({ id }) => id).join(', ')
  const smtps = config.ini('smtp.ini').text('smtps_port') || '465'
  const hasSmtps = config
    .ini('smtp.ini')
    .list('listen')
    .some((address) => address.endsWith(`:${smtps}`))
  if (!isListed && plugins.state === 'read' && !hasSmtps) {
    report.found('tls-unlisted', `tls is not listed in config/plugins; known by certificate: ${names}`, {
      file: plugins.path,
      line: null,
    })
  }
  if (!ini.isTrue('requestCert', true)) {
    report.found(
      'tls-no-client-certificates',
      `requestCert is off; known by certificate: ${names}`,
      ini.evidence('requestCert'),
    )
  } else if (ini.source.state !== 'unreadable')
    report.ok('tls-no-client-certificates', 'clients are asked for a certificate')
  tellRejecting(ini, report)
  for (const { file, error } of TrustStore.load(byCertificate.map(({ trust }) => trust)).problems) {
    report.found('connector-authorities', error.message, { file, line: null })
  }
  for (const { id, trust } of byCertificate) {
    const denied = trust === 'system' ? null : whyDenied(account, trust.file, ['read'])
    if (trust !== 'system' && denied !== null) {
      report.found(
        'connector-authorities',
        `connector ${id}: ${trust.file} is not readable for the user of Haraka (${denied})`,
        {
          file: trust.file,
          line: null,
        },
      )
    }
  }
})

function tellRejecting(ini: Ini, report: Report<Id>): void {
  if (ini.isTrue('rejectUnauthorized', false)) {
    report.found('tls-rejects', 'rejectUnauthorized is on', ini.evidence('rejectUnauthorized'))
  }
  if (ini.text('requireAuthorized') !== '') {
    report.found(
      'tls-rejects',
      `requireAuthorized names port ${ini.text('requireAuthorized')}`,
      ini.evidence('requireAuthorized'),
    )
  }
  if (ini.list('no_starttls_ports').includes('25')) {
    report.found('tls-not-on-port', 'no_starttls_ports names 25', ini.evidence('no_starttls_ports'))
  }
}

/** Keys and certificates stand in pairs; Haraka knows files of the config folder alone. */
function tellServerCertificate(
  config: ConfigFolder,
  ini: Ini,
  account: Account,
  now: number,
  report: Report<Id>,
): void {
  const keys = ini.list('key').length > 0 ? ini.list('key') : ['tls_key.pem']
  const certificates = ini.list('cert').length > 0 ? ini.list('cert') : ['tls_cert.pem']
  if (keys.length !== certificates.length) {
    report.found(
      'tls-certificate',
      `tls.ini names ${keys.length} keys and ${certificates.length} certificates`,
      ini.evidence('key'),
    )
  }
  for (const [at, certificateName] of certificates.entries()) {
    const keyName = keys[at]
    if (keyName === undefined) continue
    const files = [keyName, certificateName].map((name) => config.text(name))
    let usable = true
    for (const file of files) {
      const denied =
        file.state === 'read'
          ? whyDenied(account, file.path, ['read'])
          : file.state === 'absent'
            ? 'there is no such file'
            : file.why
      if (denied === null) continue
      usable = false
      // Who may not read the key is told so, and need not be Haraka's user.
      const evidence = { file: file.path, line: null }
      if (file.state === 'unreadable' && whyDenied(account, file.path, ['read']) === null)
        report.unknown('tls-certificate', `${file.path}: ${denied}`)
      else report.found('tls-certificate', `${file.path}: ${denied}`, evidence)
    }
    if (usable) tellPair(config, keyName, certificateName, now, report)
  }
}

function tellPair(
  config: ConfigFolder,
  keyName: string,
  certificateName: string,
  now: number,
  report: Report<Id>,
): void {
  const [key, certificate] = [config.text(keyName), config.text(certificateName)]
  if (key.state !== 'read' || certificate.state !== 'read') return
  const evidence = { file: certificate.path, line: null }
  try {
    const parsed = new X509Certificate(certificate.text)
    if (!parsed.checkPrivateKey(createPrivateKey(key.text))) {
      report.found('tls-certificate', `${keyName} is not the key of ${certificateName}`, evidence)
      return
    }
    const until = Date.parse(parsed.validTo)
    const day = new Date(until).toISOString().slice(0, 10)
    if (until <= now)
      report.found('tls-certificate-expired', `${certificateName} has expired on ${day}`, evidence)
    else if (until - now < expiresSoonMs)
      report.found('tls-certificate-expired', `${certificateName} expires on ${day}`, evidence)
    else report.ok('tls-certificate', `${certificateName} and ${keyName} belong together, valid until ${day}`)
  } catch (error) {
    report.found(
      'tls-certificate',
      `${certificateName} or ${keyName} is not usable PEM (${reasonOf(error)})`,
      evidence,
    )
  }
}
