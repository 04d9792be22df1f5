/** Stands for a value so damaged that not even its version can be read. */
export const unversioned = Number.MIN_SAFE_INTEGER

/**
 * The version by which an unreadable record is known: negative, so that `remove` can name it
 * and no `replace` can ever match it.
 */
export function unreadableVersion(version: number): number {
  return version > 0 ? -version : unversioned
}

/**
 * The version after `expected`. A new record begins at the time of day, so that the version of one that was
 * removed or expired never returns: who still holds it loses the compare-and-set.
 */
export function nextVersion(expected: number, now: number): number {
  return expected > 0 ? expected + 1 : Math.max(1, Math.floor(now))
}

/** Whether `remove` means the record of this version, read as present or as unreadable. */
export function namesVersion(expected: number, version: number): boolean {
  return expected === version || expected === unreadableVersion(version)
}
