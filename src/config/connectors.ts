import { resolve } from 'node:path'
import { z } from 'zod'
import { findConflicts } from '../rules/attribution/conflicts'
import type { Connector } from '../rules/attribution/connector'
import { internetConnectorId } from '../rules/attribution/connector'
import { canDecideAtConnect, internetConnector } from './effective'
import type { Findings } from './findings'
import type { IniSections } from './ini'
import type { ConnectorValues } from './connector-schema'
import { connectorSchema, internetKeys } from './connector-schema'
import { languageOf, notALanguage } from './language'
import { refuseArrays, refuseIssues, textsOf } from './issues'
import { idAllowed, idShape } from './values'

/** What the files cannot say themselves. */
export interface ConnectorContext {
  readonly configDir: string
  readonly fileExists: (path: string) => boolean
}

/** Reads the sections of the connectors file, in their order; what is refused is left out and told to `findings`. */
export function readConnectors(
  sections: IniSections,
  findings: Findings,
  context: ConnectorContext,
): readonly Connector[] {
  const connectors: Connector[] = []
  for (const [id, section] of sections) {
    if (!idIsGood(id, findings)) continue
    const schema = z.object({ [id]: connectorSchema })
    refuseArrays(new Map([[id, section]]), schema, findings)
    const parsed = connectorSchema.safeParse(textsOf(section))
    if (!parsed.success) {
      refuseIssues(parsed.error.issues, [id], schema, findings)
      continue
    }
    checkWritten(id, parsed.data, findings)
    const connector = id === internetConnectorId ? internet(parsed.data) : build(id, parsed.data, context)
    checkConnector(connector, findings, context)
    connectors.push(connector)
  }
  checkTenants(connectors, findings)
  for (const conflict of findConflicts(connectors)) {
    const [, second] = conflict.connectors
    // What precedence settles is told by 'connectors check' alone: a log need not repeat it at each reload.
    if (conflict.severity === 'error') findings.refuse(second, null, conflict.text, null, conflict.advice)
    else if (conflict.severity === 'warning') findings.warn(second, null, conflict.text, conflict.advice)
  }
  return connectors
}

function idIsGood(id: string, findings: Findings): boolean {
  if (id === 'main') {
    findings.refuse(
      id,
      null,
      "keys must stand below a [section] that names the connector; 'main' cannot be one",
    )
  } else if (!idShape.test(id)) {
    findings.refuse(id, null, 'the section cannot be the id of a connector', idAllowed)
  }
  return id !== 'main' && idShape.test(id)
}

function build(id: string, values: ConnectorValues, context: ConnectorContext): Connector {
  return {
    id,
    tenant: values.tenant ?? id,
    type: values.type,
    tlsCertificateName: values.tls_certificate_name,
    trust: values.tls_ca_file === null ? 'system' : { file: resolve(context.configDir, values.tls_ca_file) },
    tlsPurpose: values.tls_purpose,
    addresses: values.addresses,
    senderDomains: values.sender_domains,
    judgeRelaying: values.judge_relaying,
    mode: values.mode,
    deferAt: values.defer_at,
    refuseAt: values.refuse_at,
    contacts: values.contacts,
    language: values.language,
    esu: values.esu,
    comment: values.comment,
  }
}

function internet(values: ConnectorValues): Connector {
  return {
    ...internetConnector,
    mode: values.mode,
    deferAt: values.defer_at,
    refuseAt: values.refuse_at,
    contacts: values.contacts,
    language: values.language,
    comment: values.comment,
  }
}

/** Keys that are there, but empty, or where they mean nothing. */
function checkWritten(id: string, values: ConnectorValues, findings: Findings): void {
  for (const key of ['addresses', 'sender_domains', 'contacts'] as const) {
    if (findings.isWritten(id, key) && !findings.isSet(id, key)) {
      findings.refuse(id, key, 'is an empty list; leave the key out where there is nothing to list')
    }
  }
  if (id !== internetConnectorId) return
  for (const key of Object.keys(values)) {
    if (findings.isWritten(id, key) && !internetKeys.some((known) => known === key)) {
      findings.refuse(
        id,
        key,
        "means nothing for the built-in connector 'internet', to which everyone else belongs",
        internetKeys.join(', '),
      )
    }
  }
}

function checkConnector(connector: Connector, findings: Findings, context: ConnectorContext): void {
  const { id, trust } = connector
  if (id !== internetConnectorId) {
    if (connector.tlsCertificateName === null && connector.addresses.length === 0) {
      findings.refuse(
        id,
        null,
        'matches no session: it has neither tls_certificate_name nor addresses; set one of them',
      )
    }
    if (connector.tenant === internetConnectorId) {
      findings.refuse(id, 'tenant', "belongs to the built-in connector 'internet'; choose another name")
    }
  }
  if (trust !== 'system') {
    if (!context.fileExists(trust.file)) findings.refuse(id, 'tls_ca_file', `there is no file ${trust.file}`)
    if (connector.tlsCertificateName === null) {
      findings.warn(id, 'tls_ca_file', 'has no effect without tls_certificate_name')
    }
  }
  if (connector.tlsPurpose === 'any' && connector.tlsCertificateName === null) {
    findings.warn(id, 'tls_purpose', 'has no effect without tls_certificate_name')
  }
  for (const [key, place] of [
    ['defer_at', connector.deferAt],
    ['refuse_at', connector.refuseAt],
  ] as const) {
    if (place === 'connect' && !canDecideAtConnect(connector)) {
      findings.refuse(
        id,
        key,
        `is only for connectors known by address alone; ${whyNotAtConnect(connector)}`,
        'mail, data',
      )
    }
  }
  if (connector.language !== null && languageOf(connector.language) === null) {
    findings.warn(id, 'language', `${notALanguage}; [notices] language is used instead`)
  }
  if (connector.type === 'partner' && (connector.mode === 'defer' || connector.mode === 'enforce')) {
    findings.refuse(id, 'mode', 'contradicts type = partner, which is only ever reported', 'off, report')
  }
}

/** S6, as the second half of a sentence. */
export function whyNotAtConnect(connector: Connector): string {
  if (connector.id === internetConnectorId) return 'everyone else has none'
  if (connector.tlsCertificateName !== null) return 'this one has tls_certificate_name'
  return connector.senderDomains.length > 0 ? 'this one has sender_domains' : 'this one has no addresses'
}

/** `Contoso` and `contoso` would be two tenants, with two budgets of pauses. */
function checkTenants(connectors: readonly Connector[], findings: Findings): void {
  const spelled = new Map<string, string>()
  for (const { id, tenant } of connectors) {
    const lower = tenant.toLowerCase()
    const before = spelled.get(lower)
    if (before !== undefined && before !== tenant) {
      findings.warn(
        id,
        findings.isSet(id, 'tenant') ? 'tenant' : null,
        `'${tenant}' and '${before}' are two tenants`,
      )
    }
    spelled.set(lower, before ?? tenant)
  }
}
