import type { Limit } from './figure'

/** What this plugin may cost. Missing one of them ends `npm run bench` with 1. */
export const limits = {
  /** Of what bare Haraka serves, sessions and messages alike. */
  strangers: { atLeast: 0.97 },
  compliant: { atLeast: 0.95 },
  startTls: { atLeast: 0.95 },
  /** Ours by each peer's. */
  peers: { atLeast: 1 },
  decisionUs: { atMost: 5 },
  evidenceUs: { atMost: 20 },
  /** A look-up among 100,000 ranges by one among 10. */
  attribution: { atMost: 2 },
  redisCommands: { atMost: 20 },
  redisBytes: { atMost: 600 },
  /** A message at a million servers by one at a thousand. */
  growth: { atMost: 1.2 },
} as const satisfies Record<string, Limit>
