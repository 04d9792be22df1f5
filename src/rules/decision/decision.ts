export type Action = 'accept' | 'defer' | 'refuse'

/** One step of the reasoning: the rule's number and what it said. */
export interface TrailStep {
  readonly rule: string
  readonly because: string
}

/** What a server is told at one instant, and why. */
export interface Decision {
  readonly action: Action
  /** What the stage and the minute demand, before mode, pause and exemption soften it. */
  readonly demanded: Action
  /** 1–8 of a running clock, else `null`. */
  readonly stage: number | null
  readonly elapsedMs: number
  readonly deferMinutes: number
  readonly refuseMinutes: number
  /** The next moment at which the server's mail is accepted; now where it is; `null` where none is in sight (W3). */
  readonly freeAt: number | null
  readonly nextStageAt: number | null
  readonly trail: readonly TrailStep[]
}
