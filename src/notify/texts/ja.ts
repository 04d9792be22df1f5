import type { Texts } from './texts'

export const ja: Texts = {
  language: 'ja',
  locale: 'ja',
  firstDay: '1',
  minutes: { other: '#分間' },
  days: { other: '#日' },
  servers: { other: 'Exchangeサーバー#台' },
  colon: '：',
  subjects: {
    detection: {
      one: (server) => `${server} のExchangeのバージョンが古くなっています`,
      many: (servers) => `${servers}のバージョンが古くなっています`,
    },
    stage: {
      one: (server) => `${server} からのメールの制限が強化されました`,
      many: (servers) => `${servers}からのメールの制限が強化されました`,
    },
    'stage-ahead': {
      one: (server, date) => `${server} からのメールの制限が${date}に強化されます`,
      many: (servers) => `${servers}からのメールの制限がまもなく強化されます`,
    },
    resumption: {
      one: (server, date) => `${server} からのメールの制限が${date}に再開されます`,
      many: (servers) => `${servers}からのメールの制限がまもなく再開されます`,
    },
    'floor-ahead': {
      one: (server, date) => `${server} は${date}までに更新が必要です`,
      many: (servers) => `${servers}はまもなく更新が必要になります`,
    },
    recovery: {
      one: (server) => `${server} は最新の状態に戻りました`,
      many: (servers) => `${servers}は最新の状態に戻りました`,
    },
  },
  mixedSubject: (servers, tenant) => `${tenant} の${servers}に関するお知らせ`,
  intro: (host, tenant) =>
    `これは ${host} のメールシステムからの自動通知です。当システムにメールを送信している ${tenant} のExchangeサーバーについてお知らせします。`,
  sections: {
    detection: {
      heading: 'Exchangeのバージョンが古くなっています',
      about:
        '下記のバージョンは、セキュリティ更新プログラムが適用されていないか、その提供が終了しているため、当システムでは受け入れられなくなりました。更新されない場合、このサーバーからのメールは段階的に遅延され、最終的には拒否されます。',
    },
    stage: {
      heading: '次の段階に入りました',
      about:
        'サーバーはまだ更新されていません。そのため、このサーバーからのメールは今後より厳しく制限されます。',
    },
    'stage-ahead': {
      heading: 'まもなく次の段階に入ります',
      about:
        'サーバーはまだ更新されていません。それまでに更新されない場合、下記の日時からこのサーバーからのメールはより厳しく制限されます。',
    },
    resumption: {
      heading: '一時停止または免除の期間がまもなく終了します',
      about:
        'このサーバーは更新されていませんが、現在はすべてのメールを受け入れています。この扱いは下記の日時に終了します。',
    },
    'floor-ahead': {
      heading: '必要な最低バージョンが引き上げられます',
      about:
        '下記のバージョンは現在は受け入れられていますが、記載の日付以降は古いバージョンとして扱われます。メールはまだ遅延されていません。期日までに更新プログラムをインストールしてください。',
    },
    recovery: {
      heading: '最新の状態に戻りました',
      about:
        'サーバーが新しいバージョンに更新されたことを確認しました。メールは制限なく受け入れられます。これ以上の対応は必要ありません。',
    },
  },
  onlyObserved:
    '現在、当メールシステムは監視のみを行っており、すべてのメールを受け入れています。下記の日程は、運用者が制限を有効にした時点から適用されます。',
  furtherServers: 'その他のサーバー',
  labels: {
    version: 'バージョン',
    reason: '理由',
    since: '古い状態になった日時',
    now: '現在の扱い',
    next: '今後の予定',
    planned: '有効になった場合の予定',
    install: 'インストールが必要なもの',
    missing: '未適用のセキュリティ更新プログラム',
    vulnerabilities: '未修正の脆弱性',
    lastSeen: '最後に確認した日時',
    evidence: 'バージョンを示すヘッダー行',
    messageId: '該当するメッセージ',
    note: '注意',
    outdatedFrom: '古いバージョンとして扱われる日',
    recoveredAt: '最新の状態を確認した日時',
  },
  unknownVersion: '不明',
  released: (version, date) => `${version}、${date}公開`,
  reasons: {
    endOfLife: (product) =>
      `${product} はサポートが終了しており、セキュリティ更新プログラムは提供されません。`,
    belowFloor: (floor) => `必要な最低バージョン（${floor}）より古いバージョンです。`,
    lacksUpdates: '公開から長期間が経過したセキュリティ更新プログラムが適用されていません。',
  },
  sinceDay: (date, days) => `${date}（経過${days}、一時停止期間を除く）`,
  effects: {
    none: 'すべてのメールを受け入れます',
    deferred: (minutes) => `1時間あたり${minutes}、メールの受信を延期します`,
    refused: (minutes) => `1時間あたり${minutes}、メールを拒否します`,
    both: (deferred, refused) => `1時間あたり${deferred}メールの受信を延期し、${refused}メールを拒否します`,
    alwaysDeferred: 'すべてのメールの受信を延期します',
    alwaysRefused: 'すべてのメールを拒否します',
  },
  step: (date, effect) => `${date}から：${effect}`,
  inStage: (stage, effect) => `第${stage}段階：${effect}`,
  noFurtherStep: 'これが最後の段階で、サーバーが更新されるまで続きます。',
  exploited: (cve) => `${cve}（悪用が確認されています）`,
  furtherItems: (count) => `ほか${count}件`,
  seenFrom: (date, address, ehlo) => `${date}、送信元 ${address}（EHLO ${ehlo}）`,
  relapsed:
    'このサーバーは一度最新の状態になりましたが、再び古いバージョンが確認されました。以前に古い状態であった期間も通算されます。',
  pausedUntil: (date) => `${date}まで制限を一時停止しています。それまではすべてのメールを受け入れます。`,
  exemptUntil: (date) =>
    `このサーバーは${date}まで免除されています。それまではすべてのメールを受け入れます。`,
  whatToDo: {
    heading: '必要な対応',
    install:
      '上記のバージョンをインストールし、その後も公開されるセキュリティ更新プログラムを適用してください。新しい累積更新プログラムをインストールした場合は、その最新のセキュリティ更新プログラムも必要です。',
    recovers:
      'ご連絡は不要です。新しいバージョンを示す最初のメッセージを確認した時点で、すべての制限が直ちに解除されます。',
    deferral:
      '延期されたメール（応答450）は失われません。送信サーバーが自動的に再送します。拒否されたメール（応答550）は送信者に返送されます。',
    pause: (asked, days) =>
      `対応に時間が必要な場合は、${asked} に一時停止をご依頼ください。1暦年につき合計${days}まで一時停止できます。`,
    ask: (asked) => `ご不明な点は ${asked} までお問い合わせください。`,
    more: '詳細情報：',
  },
  footer: (contact, tenant) =>
    `このメッセージは、${contact} が ${tenant} の連絡先として登録されているため送信されました。同じ通知が繰り返し送信されることはありません。`,
}
