import type { TenantRecord } from '../rules/clock/record'
import type { Interval } from '../rules/time'

const always: readonly Interval[] = [{ from: 0, until: Number.MAX_SAFE_INTEGER }]

/** A tenant's pauses. While they cannot be known every clock stands still: no fault of ours moves it (C4, F2). */
export function pausesOf(tenant: TenantRecord | null): readonly Interval[] {
  return tenant ? tenant.pauses : always
}
