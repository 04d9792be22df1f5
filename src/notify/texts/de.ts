import type { Texts } from './texts'

export const de: Texts = {
  language: 'de',
  locale: 'de',
  firstDay: '1',
  minutes: { one: '# Minute', other: '# Minuten' },
  days: { one: '# Tag', other: '# Tage' },
  servers: { one: '# Exchange-Server', other: '# Exchange-Server' },
  colon: ': ',
  subjects: {
    detection: {
      one: (server) => `${server}: veraltete Exchange-Version`,
      many: (servers) => `${servers} mit veralteter Version`,
    },
    stage: {
      one: (server) => `E-Mails von ${server} werden ab jetzt stärker eingeschränkt`,
      many: (servers) => `E-Mails von ${servers}n werden ab jetzt stärker eingeschränkt`,
    },
    'stage-ahead': {
      one: (server, date) => `E-Mails von ${server} werden ab ${date} stärker eingeschränkt`,
      many: (servers) => `E-Mails von ${servers}n werden bald stärker eingeschränkt`,
    },
    resumption: {
      one: (server, date) => `E-Mails von ${server} werden ab ${date} wieder eingeschränkt`,
      many: (servers) => `E-Mails von ${servers}n werden bald wieder eingeschränkt`,
    },
    'floor-ahead': {
      one: (server, date) => `${server} benötigt vor dem ${date} ein Update`,
      many: (servers) => `${servers} benötigen bald ein Update`,
    },
    recovery: {
      one: (server) => `${server} ist wieder aktuell`,
      many: (servers) => `${servers} sind wieder aktuell`,
    },
  },
  mixedSubject: (servers, tenant) => `Neues zu ${servers}n von ${tenant}`,
  intro: (host, tenant) =>
    `Dies ist eine automatische Mitteilung des Mailsystems von ${host}. Sie betrifft Exchange-Server von ${tenant}, die E-Mails dorthin senden.`,
  sections: {
    detection: {
      heading: 'Veraltete Exchange-Version',
      about:
        'Die unten genannte Version wird hier nicht mehr akzeptiert: Ihr fehlen Sicherheitsupdates, oder sie erhält gar keine mehr. E-Mails eines solchen Servers werden schrittweise verzögert und schließlich abgewiesen, sofern er nicht vorher aktualisiert wird.',
    },
    stage: {
      heading: 'Die nächste Stufe hat begonnen',
      about: 'Der Server ist weiterhin veraltet. Seine E-Mails werden daher ab jetzt strenger behandelt.',
    },
    'stage-ahead': {
      heading: 'Die nächste Stufe beginnt bald',
      about:
        'Der Server ist weiterhin veraltet. Wird er nicht vorher aktualisiert, werden seine E-Mails ab dem unten genannten Zeitpunkt strenger behandelt.',
    },
    resumption: {
      heading: 'Eine Pause oder Ausnahme endet bald',
      about:
        'Zurzeit werden alle E-Mails dieses Servers angenommen, obwohl er veraltet ist. Das endet zum unten genannten Zeitpunkt.',
    },
    'floor-ahead': {
      heading: 'Die Mindestversion wird angehoben',
      about:
        'Die unten genannte Version wird heute noch akzeptiert, gilt aber ab dem genannten Datum als veraltet. E-Mails werden noch nicht verzögert; bitte installieren Sie das Update rechtzeitig.',
    },
    recovery: {
      heading: 'Wieder aktuell',
      about:
        'Der Server hat eine aktuelle Version gezeigt. Seine E-Mails werden uneingeschränkt angenommen; Sie müssen nichts weiter tun.',
    },
  },
  onlyObserved:
    'Dieses Mailsystem beobachtet vorerst nur: Alle E-Mails werden angenommen. Die Termine unten gelten erst, wenn der Betreiber die Durchsetzung einschaltet.',
  furtherServers: 'Weitere Server',
  labels: {
    version: 'Version',
    reason: 'Grund',
    since: 'Veraltet seit',
    now: 'Zurzeit gilt',
    next: 'Was wann geschieht',
    planned: 'Was wann vorgesehen ist',
    install: 'Was zu installieren ist',
    missing: 'Fehlende Sicherheitsupdates',
    vulnerabilities: 'Offene Sicherheitslücken',
    lastSeen: 'Zuletzt gesehen',
    evidence: 'Kopfzeile, die die Version zeigt',
    messageId: 'In der Nachricht',
    note: 'Hinweis',
    outdatedFrom: 'Veraltet ab',
    recoveredAt: 'Aktuell seit',
  },
  unknownVersion: 'unbekannt',
  released: (version, date) => `${version}, erschienen am ${date}`,
  reasons: {
    endOfLife: (product) =>
      `Der Support für ${product} ist beendet; es gibt keine Sicherheitsupdates mehr dafür.`,
    belowFloor: (floor) => `Sie ist älter als die Mindestversion, ${floor}.`,
    lacksUpdates: 'Ihr fehlen Sicherheitsupdates, die seit Langem verfügbar sind.',
  },
  sinceDay: (date, days) => `${date} (${days}, Pausen nicht gerechnet)`,
  effects: {
    none: 'alle E-Mails werden angenommen',
    deferred: (minutes) => `E-Mails werden ${minutes} pro Stunde zurückgestellt`,
    refused: (minutes) => `E-Mails werden ${minutes} pro Stunde abgewiesen`,
    both: (deferred, refused) =>
      `E-Mails werden ${deferred} pro Stunde zurückgestellt und ${refused} pro Stunde abgewiesen`,
    alwaysDeferred: 'alle E-Mails werden zurückgestellt',
    alwaysRefused: 'alle E-Mails werden abgewiesen',
  },
  step: (date, effect) => `ab ${date}: ${effect}`,
  inStage: (stage, effect) => `Stufe ${stage}: ${effect}`,
  noFurtherStep: 'Dies ist die letzte Stufe; sie gilt, bis der Server aktualisiert ist.',
  exploited: (cve) => `${cve} (wird bekanntermaßen ausgenutzt)`,
  furtherItems: (count) => `und ${count} weitere`,
  seenFrom: (date, address, ehlo) => `${date}, von ${address} (EHLO ${ehlo})`,
  relapsed:
    'Der Server war zwischenzeitlich aktuell und ist nun wieder veraltet. Die Zeit, die er zuvor schon veraltet war, wird angerechnet.',
  pausedUntil: (date) =>
    `Die Durchsetzung ist bis ${date} pausiert; bis dahin werden alle E-Mails angenommen.`,
  exemptUntil: (date) => `Der Server ist bis ${date} ausgenommen; bis dahin werden alle E-Mails angenommen.`,
  whatToDo: {
    heading: 'Was zu tun ist',
    install:
      'Installieren Sie die oben genannte Version und danach jedes weitere Sicherheitsupdate. Zu einem neuen kumulativen Update gehört immer auch dessen neuestes Sicherheitsupdate.',
    recovers:
      'Sie müssen nichts melden: Mit der ersten Nachricht, die die neue Version zeigt, entfallen alle Einschränkungen sofort.',
    deferral:
      'Zurückgestellte E-Mails (Antwort 450) gehen nicht verloren: Der Server versucht es von selbst erneut. Abgewiesene E-Mails (Antwort 550) gehen an den Absender zurück.',
    pause: (asked, days) =>
      `Wenn Sie mehr Zeit brauchen, bitten Sie ${asked} um eine Pause. Pro Kalenderjahr stehen dafür insgesamt ${days} zur Verfügung.`,
    ask: (asked) => `Bei Fragen wenden Sie sich an ${asked}.`,
    more: 'Weitere Informationen:',
  },
  footer: (contact, tenant) =>
    `Sie erhalten diese Nachricht, weil ${contact} als Kontakt von ${tenant} eingetragen ist. Jede Mitteilung wird nur einmal versandt.`,
}
