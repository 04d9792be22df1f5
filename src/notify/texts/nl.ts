import type { Texts } from './texts'

export const nl: Texts = {
  language: 'nl',
  locale: 'nl',
  firstDay: '1',
  minutes: { one: '# minuut', other: '# minuten' },
  days: { one: '# dag', other: '# dagen' },
  servers: { one: '# Exchange-server', other: '# Exchange-servers' },
  colon: ': ',
  subjects: {
    detection: {
      one: (server) => `${server} draait een verouderde versie van Exchange`,
      many: (servers) => `${servers} draaien een verouderde versie`,
    },
    stage: {
      one: (server) => `E-mail van ${server} wordt vanaf nu strenger beperkt`,
      many: (servers) => `E-mail van ${servers} wordt vanaf nu strenger beperkt`,
    },
    'stage-ahead': {
      one: (server, date) => `E-mail van ${server} wordt vanaf ${date} strenger beperkt`,
      many: (servers) => `E-mail van ${servers} wordt binnenkort strenger beperkt`,
    },
    resumption: {
      one: (server, date) => `E-mail van ${server} wordt vanaf ${date} weer beperkt`,
      many: (servers) => `E-mail van ${servers} wordt binnenkort weer beperkt`,
    },
    'floor-ahead': {
      one: (server, date) => `${server} heeft vóór ${date} een update nodig`,
      many: (servers) => `${servers} hebben binnenkort een update nodig`,
    },
    recovery: {
      one: (server) => `${server} is weer bijgewerkt`,
      many: (servers) => `${servers} zijn weer bijgewerkt`,
    },
  },
  mixedSubject: (servers, tenant) => `Nieuws over ${servers} van ${tenant}`,
  intro: (host, tenant) =>
    `Dit is een automatisch bericht van het mailsysteem van ${host}. Het gaat over Exchange-servers van ${tenant} die daar e-mail naartoe sturen.`,
  sections: {
    detection: {
      heading: 'Verouderde versie van Exchange',
      about:
        'De onderstaande versie wordt hier niet meer geaccepteerd: er ontbreken beveiligingsupdates, of ze krijgt er helemaal geen meer. E-mail van zo’n server wordt stap voor stap vertraagd en uiteindelijk geweigerd, tenzij de server vóór die tijd wordt bijgewerkt.',
    },
    stage: {
      heading: 'De volgende fase is begonnen',
      about: 'De server is nog steeds verouderd. Zijn e-mail wordt daarom vanaf nu strenger behandeld.',
    },
    'stage-ahead': {
      heading: 'De volgende fase begint binnenkort',
      about:
        'De server is nog steeds verouderd. Als hij niet vóór die tijd wordt bijgewerkt, wordt zijn e-mail vanaf het onderstaande tijdstip strenger behandeld.',
    },
    resumption: {
      heading: 'Een pauze of vrijstelling loopt binnenkort af',
      about:
        'Op dit moment wordt alle e-mail van deze server geaccepteerd, hoewel hij verouderd is. Dat eindigt op het onderstaande tijdstip.',
    },
    'floor-ahead': {
      heading: 'De minimumversie wordt verhoogd',
      about:
        'De onderstaande versie wordt vandaag nog geaccepteerd, maar geldt vanaf de genoemde datum als verouderd. E-mail wordt nog niet vertraagd; installeer de update op tijd.',
    },
    recovery: {
      heading: 'Weer bijgewerkt',
      about:
        'De server heeft een actuele versie laten zien. Zijn e-mail wordt zonder beperkingen geaccepteerd; u hoeft niets meer te doen.',
    },
  },
  onlyObserved:
    'Dit mailsysteem kijkt voorlopig alleen mee: alle e-mail wordt geaccepteerd. De onderstaande data gelden pas zodra de beheerder de handhaving inschakelt.',
  furtherServers: 'Overige servers',
  labels: {
    version: 'Versie',
    reason: 'Reden',
    since: 'Verouderd sinds',
    now: 'Op dit moment',
    next: 'Wat wanneer gebeurt',
    planned: 'Wat wanneer gepland is',
    install: 'Te installeren',
    missing: 'Ontbrekende beveiligingsupdates',
    vulnerabilities: 'Openstaande kwetsbaarheden',
    lastSeen: 'Laatst gezien',
    evidence: 'Headerregel die de versie toont',
    messageId: 'In het bericht',
    note: 'Opmerking',
    outdatedFrom: 'Verouderd vanaf',
    recoveredAt: 'Bijgewerkt sinds',
  },
  unknownVersion: 'onbekend',
  released: (version, date) => `${version}, uitgebracht op ${date}`,
  reasons: {
    endOfLife: (product) => `${product} wordt niet meer ondersteund en krijgt geen beveiligingsupdates meer.`,
    belowFloor: (floor) => `Ze is ouder dan de minimumversie, ${floor}.`,
    lacksUpdates: 'Er ontbreken beveiligingsupdates die al lang beschikbaar zijn.',
  },
  sinceDay: (date, days) => `${date} (${days}, pauzes niet meegeteld)`,
  effects: {
    none: 'alle e-mail wordt geaccepteerd',
    deferred: (minutes) => `e-mail wordt ${minutes} per uur uitgesteld`,
    refused: (minutes) => `e-mail wordt ${minutes} per uur geweigerd`,
    both: (deferred, refused) =>
      `e-mail wordt ${deferred} per uur uitgesteld en ${refused} per uur geweigerd`,
    alwaysDeferred: 'alle e-mail wordt uitgesteld',
    alwaysRefused: 'alle e-mail wordt geweigerd',
  },
  step: (date, effect) => `vanaf ${date}: ${effect}`,
  inStage: (stage, effect) => `fase ${stage}: ${effect}`,
  noFurtherStep: 'Dit is de laatste fase; die duurt tot de server is bijgewerkt.',
  exploited: (cve) => `${cve} (wordt actief misbruikt)`,
  furtherItems: (count) => `en nog ${count}`,
  seenFrom: (date, address, ehlo) => `${date}, vanaf ${address} (EHLO ${ehlo})`,
  relapsed:
    'De server was een tijd bijgewerkt en is nu opnieuw verouderd. De tijd dat hij eerder al verouderd was, telt mee.',
  pausedUntil: (date) => `De handhaving is gepauzeerd tot ${date}; tot dan wordt alle e-mail geaccepteerd.`,
  exemptUntil: (date) => `De server is vrijgesteld tot ${date}; tot dan wordt alle e-mail geaccepteerd.`,
  whatToDo: {
    heading: 'Wat u moet doen',
    install:
      'Installeer de hierboven genoemde versie en daarna elke volgende beveiligingsupdate. Ook een nieuwe cumulatieve update heeft haar nieuwste beveiligingsupdate nodig.',
    recovers:
      'U hoeft niets te melden: bij het eerste bericht dat de nieuwe versie laat zien, vervallen alle beperkingen meteen.',
    deferral:
      'Uitgestelde e-mail (antwoord 450) gaat niet verloren: de server probeert het vanzelf opnieuw. Geweigerde e-mail (antwoord 550) gaat terug naar de afzender.',
    pause: (asked, days) =>
      `Hebt u meer tijd nodig, vraag ${asked} dan om een pauze. Per kalenderjaar zijn daarvoor in totaal ${days} beschikbaar.`,
    ask: (asked) => `Neem bij vragen contact op met ${asked}.`,
    more: 'Meer informatie:',
  },
  footer: (contact, tenant) =>
    `U ontvangt dit bericht omdat ${contact} als contact van ${tenant} is opgegeven. Elk bericht wordt maar één keer verstuurd.`,
}
