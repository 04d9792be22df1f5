import type { Transport } from '../evidence/evidence'
import type { Build } from './build'
import { compareBuilds } from './build'
import { branchNumber, cuNumber } from './branch'
import type { CatalogueData } from './catalogue-data'
import { listedBuild } from './catalogue-data'
import type { Branch } from './product'

/** What the ids of headers stand for: they are file versions of the transport service, not of the release. */
export interface HeaderIds {
  /** What an id counts as (V1). */
  translate(id: Build, transport: Transport): Build
  /** The highest build that a server which writes `id` may have, `build` being its translation (V4). */
  atMost(id: Build, build: Build, transport: Transport): Build
}

interface Step {
  readonly id: Build
  readonly means: Build
}

/** Steps of one major.minor.build. */
type Steps = ReadonlyMap<number, readonly Step[]>

export function indexHeaderIds(data: CatalogueData, branches: readonly Branch[]): HeaderIds {
  const aliases = { smtp: stepsOf(data, 'smtp'), mapi: stepsOf(data, 'mapi') }
  const exceptions = group(
    data.header_rules.smtp_exceptions.map((exception) => ({
      id: listedBuild(exception.smtp_id_stays),
      means: listedBuild(exception.build),
    })),
  )
  const silent = silentUpdates(data, branches)
  return {
    translate(id, transport) {
      if (transport === 'internet-mail') return id
      // A later id of the same update line cannot stand for less than an earlier one.
      return reach(aliases[transport === 'mapi' ? 'mapi' : 'smtp'], id, id)
    },
    atMost(id, build, transport) {
      if (transport === 'mapi' || transport === 'internet-mail') return build
      return higher(reach(exceptions, id, build), silent.get(branchNumber(build)))
    },
  }
}

/** The highest meaning of the steps at or below `id`, or `least`. */
function reach(steps: Steps, id: Build, least: Build): Build {
  let highest = least
  for (const step of steps.get(cuNumber(id)) ?? []) {
    if (compareBuilds(step.id, id) <= 0) highest = higher(highest, step.means)
  }
  return highest
}

function higher(a: Build, b: Build | undefined): Build {
  return b && compareBuilds(b, a) > 0 ? b : a
}

function stepsOf(data: CatalogueData, transport: 'smtp' | 'mapi'): Steps {
  return group(
    data.header_aliases
      .filter((alias) => alias.transport === transport)
      .flatMap(({ id, counts_as }) =>
        counts_as === null ? [] : [{ id: listedBuild(id), means: listedBuild(counts_as) }],
      ),
  )
}

function group(steps: readonly Step[]): Steps {
  const groups = new Map<number, Step[]>()
  for (const step of steps) {
    const key = cuNumber(step.id)
    const known = groups.get(key)
    if (known) known.push(step)
    else groups.set(key, [step])
  }
  return groups
}

/** By branch: the newest update that SMTP ids did not move with yet. Only known of Exchange 2013 and later. */
function silentUpdates(data: CatalogueData, branches: readonly Branch[]): ReadonlyMap<number, Build> {
  const newest = new Map<number, Build>()
  for (const branch of branches) {
    const silent = branch.builds.findLast((row) => row.released < data.header_rules.smtp_id_follows_su_since)
    if (silent && silent.build.major >= 15) newest.set(branch.number, silent.build)
  }
  return newest
}
