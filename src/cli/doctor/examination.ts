import { areas } from './areas'
import { reasonOf, type Area, type Finding } from './finding'
import { Scene, type Circumstances } from './scene'

/** What one area has found, when it is through. */
export interface AreaFindings {
  readonly area: string
  readonly findings: readonly Finding[]
}

/** What any area may end with. */
export const unfinishedCheck = {
  id: 'unfinished',
  severity: 'error',
  about:
    'The checks of an area did not come to an end: something did not answer, or ended the process that looked.',
  remedy:
    'Look at what the message names: a disk that is gone and a store that is damaged are the usual causes. If it is neither, report it as a bug.',
} as const

export function unfinished(area: string, why: string): Finding {
  const { id, severity, remedy } = unfinishedCheck
  return { id, area, severity, message: `not finished: ${why}`, evidence: null, remedy }
}

/** How long one area may take. */
const areaPatienceMs = 8_000

/** Looks at everything, all areas at once, and tells of each when it is through or out of time. Never rejects. */
export async function examine(given: Circumstances, tell: (found: AreaFindings) => void): Promise<void> {
  const scene = new Scene(given)
  await Promise.all(
    areas.map(async (each) => tell({ area: each.name, findings: await examineArea(each, scene) })),
  )
}

async function examineArea(each: Area, scene: Scene): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  let isOver = false
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${areaPatienceMs / 1000} s`)), areaPatienceMs)
  })
  try {
    const work = each.examine(scene, (finding) => {
      if (!isOver) findings.push(finding)
    })
    await Promise.race([work, late])
  } catch (error) {
    findings.push(unfinished(each.name, reasonOf(error)))
  } finally {
    isOver = true
    clearTimeout(timer)
  }
  return findings
}
