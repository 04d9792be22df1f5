import { loadCatalogue, packagedCataloguePath } from '../../src/config/catalogue-file'
import type { Settings } from '../../src/config/settings'
import { noticeRules } from '../../src/notify/letter'
import type { NoticeRules } from '../../src/notify/occasion'
import type { Clock, Exemption, Pause, ServerRecord, TenantRecord } from '../../src/rules/clock/record'
import { dayMs } from '../../src/rules/time'
import { settingsOf } from '../config/support'
import { evidenceOf, serverRecord, tenantRecord } from '../support/records'

export const catalogue = loadCatalogue(packagedCataloguePath())
/** Noon of a day on which nothing happens by itself. */
export const now = Date.UTC(2026, 10, 22, 12)
export const outdatedBuild = '15.1.2507.39'
export const goodBuild = '15.2.2562.53'

/** Contoso, enforced, with contacts in German; Fabrikam, a partner, with one of its own. */
export function settings(main = '', connectors = ''): Settings {
  return settingsOf({
    main: `[main]\nmode = enforce\n[notices]\nenabled = yes\nfrom = postmaster@example.com\n${main}`,
    connectors:
      '[contoso-hybrid]\ntenant = contoso\naddresses = 192.0.2.0/28\ncontacts = it@contoso.com\nlanguage = de\n' +
      `[fabrikam]\ntype = partner\naddresses = 198.51.100.7\ncontacts = it@fabrikam.com\n${connectors}`,
  })
}

export function rules(given: Settings = settings()): NoticeRules {
  return noticeRules(given, catalogue)
}

/** Outdated for so many days, detected one day after the first sighting. */
export function runningFor(days: number, change: Partial<Extract<Clock, { state: 'running' }>> = {}): Clock {
  const startedAt = now - days * dayMs
  return { state: 'running', startedAt, detectedAt: startedAt + dayMs, carriedMs: 0, reachedMs: 0, ...change }
}

export function seen(clock: Clock, change: Partial<ServerRecord> = {}): ServerRecord {
  return serverRecord('ex01.contoso.com', {
    clock,
    lastSeenAt: now - 60_000,
    lastEvidence: evidenceOf({ build: outdatedBuild, at: now - 60_000 }),
    ...change,
  })
}

export function paused(fromDays: number, untilDays: number): Pause {
  const from = now + fromDays * dayMs
  const days = untilDays - fromDays
  return { id: 'p', from, until: from + days * dayMs, days, reason: 'move', createdAt: from }
}

export function exempted(sinceDays: number, untilDays: number): Exemption {
  return {
    id: 'x',
    target: { kind: 'tenant' },
    until: now + untilDays * dayMs,
    reason: 'plant',
    createdAt: now + sinceDays * dayMs,
  }
}

export function tenantWith(change: Partial<TenantRecord> = {}): TenantRecord {
  return tenantRecord('contoso', change)
}
