import type { MainValues } from './schema'

/** What each section is about, in the order of the sample file. */
export const sectionIntroductions: readonly (readonly [name: keyof MainValues, about: string])[] = [
  ['main', 'What the plugin does, and for whom.'],
  ['policy', 'Which builds are outdated.'],
  ['clock', 'When a server counts as detected, and how long it may be paused.'],
  [
    'schedule',
    "What happens on which day of a server's clock. One key a stage: from day, minutes an hour of deferral (450), minutes an hour of refusal (550). " +
      "A row given here replaces the row of that number, a new number adds a row, and 'none' leaves a row out; all other rows stay. " +
      'Days rise with the number, the first row begins at day 0, and minutes add up to 60 at most.',
  ],
  ['enforcement', 'Where in the session, and with which words.'],
  ['store', 'The memory: detections, clocks, pauses.'],
  [
    'redis',
    "The Redis of 'backend = redis': url, or host and port, or Sentinels, or a Cluster. What is not set is taken from [server] and [opts] of Haraka's redis.ini. " +
      'A change of redis.ini is noticed when one of the two files of this plugin is saved, or at restart.',
  ],
  ['metrics', 'Figures for Prometheus.'],
  ['notices', "What the tenants' contacts are told: by mail, and by a webhook."],
  ['web', "The operator's page."],
]
