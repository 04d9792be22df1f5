import type { Texts } from './texts'

export const en: Texts = {
  language: 'en',
  locale: 'en-GB',
  firstDay: '1',
  minutes: { one: '# minute', other: '# minutes' },
  days: { one: '# day', other: '# days' },
  servers: { one: '# Exchange server', other: '# Exchange servers' },
  colon: ': ',
  subjects: {
    detection: {
      one: (server) => `${server} runs an outdated version of Exchange`,
      many: (servers) => `${servers} run an outdated version`,
    },
    stage: {
      one: (server) => `Mail from ${server} is now restricted further`,
      many: (servers) => `Mail from ${servers} is now restricted further`,
    },
    'stage-ahead': {
      one: (server, date) => `Mail from ${server} will be restricted further on ${date}`,
      many: (servers) => `Mail from ${servers} will soon be restricted further`,
    },
    resumption: {
      one: (server, date) => `Mail from ${server} will be restricted again on ${date}`,
      many: (servers) => `Mail from ${servers} will soon be restricted again`,
    },
    'floor-ahead': {
      one: (server, date) => `${server} needs an update before ${date}`,
      many: (servers) => `${servers} will soon need an update`,
    },
    recovery: {
      one: (server) => `${server} is up to date again`,
      many: (servers) => `${servers} are up to date again`,
    },
  },
  mixedSubject: (servers, tenant) => `News of ${servers} of ${tenant}`,
  intro: (host, tenant) =>
    `This is an automatic notice from the mail system of ${host}. It is about Exchange servers of ${tenant} that send mail to it.`,
  sections: {
    detection: {
      heading: 'Outdated version of Exchange',
      about:
        'The version below is not accepted here any more: it lacks security updates, or gets none at all. Mail from such a server is delayed step by step and finally refused, unless it is updated before.',
    },
    stage: {
      heading: 'The next stage has begun',
      about: 'The server is still outdated, so its mail is now handled more strictly than before.',
    },
    'stage-ahead': {
      heading: 'The next stage begins soon',
      about:
        'The server is still outdated. Unless it is updated before, its mail will be handled more strictly from the date below on.',
    },
    resumption: {
      heading: 'A pause or exemption ends soon',
      about:
        'At present all mail from this server is accepted, although it is outdated. That ends on the date below.',
    },
    'floor-ahead': {
      heading: 'A higher minimum version will be required',
      about:
        'The version below is accepted today, but will be outdated from the date given on. Mail is not delayed yet; please install the update in time.',
    },
    recovery: {
      heading: 'Up to date again',
      about:
        'The server has shown an up-to-date version. Its mail is accepted without restriction; there is nothing left to do.',
    },
  },
  onlyObserved:
    'For now this mail system only observes: all mail is accepted. The dates below count once the operator switches enforcement on.',
  furtherServers: 'Further servers',
  labels: {
    version: 'Version',
    reason: 'Reason',
    since: 'Outdated since',
    now: 'In force now',
    next: 'What happens when',
    planned: 'What is planned when',
    install: 'What to install',
    missing: 'Missing security updates',
    vulnerabilities: 'Open vulnerabilities',
    lastSeen: 'Last seen',
    evidence: 'Header line that shows the version',
    messageId: 'In the message',
    note: 'Note',
    outdatedFrom: 'Outdated from',
    recoveredAt: 'Up to date since',
  },
  unknownVersion: 'unknown',
  released: (version, date) => `${version}, released on ${date}`,
  reasons: {
    endOfLife: (product) => `${product} is out of support and gets no security updates any more.`,
    belowFloor: (floor) => `It is older than the minimum version, ${floor}.`,
    lacksUpdates: 'It lacks security updates that have been available for a long time.',
  },
  sinceDay: (date, days) => `${date} (${days}, pauses not counted)`,
  effects: {
    none: 'all mail is accepted',
    deferred: (minutes) => `mail is deferred for ${minutes} of every hour`,
    refused: (minutes) => `mail is refused for ${minutes} of every hour`,
    both: (deferred, refused) => `mail is deferred for ${deferred} and refused for ${refused} of every hour`,
    alwaysDeferred: 'mail is deferred all the time',
    alwaysRefused: 'all mail is refused',
  },
  step: (date, effect) => `from ${date}: ${effect}`,
  inStage: (stage, effect) => `stage ${stage}: ${effect}`,
  noFurtherStep: 'This is the last stage; it lasts until the server is updated.',
  exploited: (cve) => `${cve} (known to be exploited)`,
  furtherItems: (count) => `and ${count} more`,
  seenFrom: (date, address, ehlo) => `${date}, from ${address} (EHLO ${ehlo})`,
  relapsed:
    'The server was up to date for a while, and is outdated again. The time for which it had been outdated before is counted.',
  pausedUntil: (date) => `Enforcement is paused until ${date}; all mail is accepted until then.`,
  exemptUntil: (date) => `The server is exempted until ${date}; all mail is accepted until then.`,
  whatToDo: {
    heading: 'What to do',
    install:
      'Install the version named above, and after that every further security update. A new cumulative update needs its latest security update as well.',
    recovers:
      'Nothing has to be reported: the first message that shows the new version lifts all restrictions at once.',
    deferral:
      'Deferred mail (reply 450) is not lost: the server tries again by itself. Refused mail (reply 550) goes back to its sender.',
    pause: (asked, days) =>
      `If you need more time, ask ${asked} for a pause. Enforcement can be paused for up to ${days} of each calendar year.`,
    ask: (asked) => `If you have questions, ask ${asked}.`,
    more: 'More information:',
  },
  footer: (contact, tenant) =>
    `You receive this message because ${contact} is named as a contact of ${tenant}. Each notice is sent once.`,
}
