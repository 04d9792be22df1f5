import type { Texts } from './texts'

export const fr: Texts = {
  language: 'fr',
  locale: 'fr',
  firstDay: '1er',
  minutes: { one: '# minute', other: '# minutes' },
  days: { one: '# jour', other: '# jours' },
  servers: { one: '# serveur Exchange', other: '# serveurs Exchange' },
  colon: ' : ',
  subjects: {
    detection: {
      one: (server) => `${server} : version d’Exchange obsolète`,
      many: (servers) => `${servers} : version obsolète`,
    },
    stage: {
      one: (server) => `Le courrier de ${server} est désormais plus fortement restreint`,
      many: (servers) => `Le courrier de ${servers} est désormais plus fortement restreint`,
    },
    'stage-ahead': {
      one: (server, date) => `Le courrier de ${server} sera plus fortement restreint le ${date}`,
      many: (servers) => `Le courrier de ${servers} sera bientôt plus fortement restreint`,
    },
    resumption: {
      one: (server, date) => `Le courrier de ${server} sera de nouveau restreint le ${date}`,
      many: (servers) => `Le courrier de ${servers} sera bientôt de nouveau restreint`,
    },
    'floor-ahead': {
      one: (server, date) => `${server} doit être mis à jour avant le ${date}`,
      many: (servers) => `${servers} doivent bientôt être mis à jour`,
    },
    recovery: {
      one: (server) => `${server} est de nouveau à jour`,
      many: (servers) => `${servers} sont de nouveau à jour`,
    },
  },
  mixedSubject: (servers, tenant) => `Informations sur ${servers} de ${tenant}`,
  intro: (host, tenant) =>
    `Ceci est un avis automatique du système de messagerie « ${host} ». Il concerne des serveurs Exchange de ${tenant} qui lui envoient du courrier.`,
  sections: {
    detection: {
      heading: 'Version d’Exchange obsolète',
      about:
        'La version indiquée ci-dessous n’est plus acceptée ici : il lui manque des mises à jour de sécurité, ou elle n’en reçoit plus du tout. Le courrier d’un tel serveur est retardé par étapes, puis refusé, à moins que le serveur ne soit mis à jour entre-temps.',
    },
    stage: {
      heading: 'L’étape suivante a commencé',
      about:
        'Le serveur est toujours obsolète. Son courrier est donc désormais traité plus strictement qu’auparavant.',
    },
    'stage-ahead': {
      heading: 'L’étape suivante commence bientôt',
      about:
        'Le serveur est toujours obsolète. S’il n’est pas mis à jour d’ici là, son courrier sera traité plus strictement à partir de la date ci-dessous.',
    },
    resumption: {
      heading: 'Une pause ou une exemption prend bientôt fin',
      about:
        'Pour l’instant, tout le courrier de ce serveur est accepté, bien qu’il soit obsolète. Cela prendra fin à la date ci-dessous.',
    },
    'floor-ahead': {
      heading: 'La version minimale va être relevée',
      about:
        'La version indiquée ci-dessous est acceptée aujourd’hui, mais sera considérée comme obsolète à partir de la date indiquée. Le courrier n’est pas encore retardé ; veuillez installer la mise à jour à temps.',
    },
    recovery: {
      heading: 'De nouveau à jour',
      about:
        'Le serveur a présenté une version à jour. Son courrier est accepté sans restriction ; vous n’avez plus rien à faire.',
    },
  },
  onlyObserved:
    'Pour l’instant, ce système de messagerie ne fait qu’observer : tout le courrier est accepté. Les dates ci-dessous ne vaudront que lorsque l’exploitant activera l’application des restrictions.',
  furtherServers: 'Autres serveurs',
  labels: {
    version: 'Version',
    reason: 'Motif',
    since: 'Obsolète depuis',
    now: 'Actuellement',
    next: 'Calendrier',
    planned: 'Calendrier prévu',
    install: 'À installer',
    missing: 'Mises à jour de sécurité manquantes',
    vulnerabilities: 'Vulnérabilités ouvertes',
    lastSeen: 'Vu pour la dernière fois',
    evidence: 'Ligne d’en-tête qui indique la version',
    messageId: 'Dans le message',
    note: 'Remarque',
    outdatedFrom: 'Obsolète à partir du',
    recoveredAt: 'À jour depuis',
  },
  unknownVersion: 'inconnue',
  released: (version, date) => `${version}, parue le ${date}`,
  reasons: {
    endOfLife: (product) =>
      `${product} n’est plus pris en charge et ne reçoit plus de mises à jour de sécurité.`,
    belowFloor: (floor) => `Elle est antérieure à la version minimale, ${floor}.`,
    lacksUpdates: 'Il lui manque des mises à jour de sécurité disponibles depuis longtemps.',
  },
  sinceDay: (date, days) => `${date} (${days}, pauses non comptées)`,
  effects: {
    none: 'tout le courrier est accepté',
    deferred: (minutes) => `le courrier est différé pendant ${minutes} par heure`,
    refused: (minutes) => `le courrier est refusé pendant ${minutes} par heure`,
    both: (deferred, refused) =>
      `le courrier est différé pendant ${deferred} et refusé pendant ${refused} par heure`,
    alwaysDeferred: 'tout le courrier est différé',
    alwaysRefused: 'tout le courrier est refusé',
  },
  step: (date, effect) => `à partir du ${date} : ${effect}`,
  inStage: (stage, effect) => `étape ${stage} : ${effect}`,
  noFurtherStep: 'C’est la dernière étape ; elle dure jusqu’à la mise à jour du serveur.',
  exploited: (cve) => `${cve} (exploitée activement)`,
  furtherItems: (count) => `et ${count} de plus`,
  seenFrom: (date, address, ehlo) => `${date}, depuis ${address} (EHLO ${ehlo})`,
  relapsed:
    'Le serveur avait été mis à jour et est de nouveau obsolète. La période pendant laquelle il était déjà obsolète auparavant est prise en compte.',
  pausedUntil: (date) =>
    `Les restrictions sont en pause jusqu’au ${date} ; d’ici là, tout le courrier est accepté.`,
  exemptUntil: (date) => `Le serveur est exempté jusqu’au ${date} ; d’ici là, tout le courrier est accepté.`,
  whatToDo: {
    heading: 'Que faire ?',
    install:
      'Installez la version indiquée ci-dessus, puis chaque nouvelle mise à jour de sécurité. Une nouvelle mise à jour cumulative doit elle aussi être complétée par sa dernière mise à jour de sécurité.',
    recovers:
      'Vous n’avez rien à signaler : le premier message qui présente la nouvelle version lève aussitôt toutes les restrictions.',
    deferral:
      'Le courrier différé (réponse 450) n’est pas perdu : le serveur réessaie de lui-même. Le courrier refusé (réponse 550) est renvoyé à l’expéditeur.',
    pause: (asked, days) =>
      `S’il vous faut plus de temps, demandez une pause à ${asked}. Vous disposez au total de ${days} par année civile.`,
    ask: (asked) => `Pour toute question, adressez-vous à ${asked}.`,
    more: 'Pour en savoir plus :',
  },
  footer: (contact, tenant) =>
    `Vous recevez ce message parce que ${contact} est enregistré comme contact de ${tenant}. Chaque avis n’est envoyé qu’une fois.`,
}
