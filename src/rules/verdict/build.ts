/** An Exchange build number: major.minor.build.revision, each part a number, leading zeros dropped. */
export interface Build {
  readonly major: number
  readonly minor: number
  readonly build: number
  readonly revision: number
}

// Exchange 5.5 and older wrote three parts (5.5.2653); the fourth is then 0.
const buildShape = /^(\d{1,2})\.(\d{1,3})\.(\d{1,5})(?:\.(\d{1,5}))?$/

/** Reads `15.1.2507.39`, `15.01.2507.039` or `6.0.4417`; anything else is `null`. Never throws. */
export function parseBuild(text: string): Build | null {
  const parts = buildShape.exec(text)
  if (!parts) return null
  return {
    major: Number(parts[1]),
    minor: Number(parts[2]),
    build: Number(parts[3]),
    revision: Number(parts[4] ?? 0),
  }
}

/** The short form, always four parts: `15.1.2507.39`. */
export function formatBuild(build: Build): string {
  return `${build.major}.${build.minor}.${build.build}.${build.revision}`
}

/** Negative where `a` is older than `b`, 0 where they are equal, positive where newer (V3: numeric). */
export function compareBuilds(a: Build, b: Build): number {
  return a.major - b.major || a.minor - b.minor || a.build - b.build || a.revision - b.revision
}

/** One cumulative update (CU) with all its later updates: major.minor.build alike. */
export function sameBranch(a: Build, b: Build): boolean {
  return a.major === b.major && a.minor === b.minor && a.build === b.build
}
