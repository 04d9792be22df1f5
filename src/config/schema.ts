import { z } from 'zod'
import { key } from './key'
import { scheduleRow, stageNumberShape } from './schedule-rows'
import { replyTemplate } from './template'
import * as values from './values'
import { list, modes, oneOf, optional, places, wholeNumber, yesNo } from './values'

export const mainFile = 'exchange-enforcement.ini'
export const connectorsFile = 'exchange-enforcement.connectors.ini'
export const redisFile = 'redis.ini'

const redisNode = values.hostPort(1, 6379)
const sentinelNode = values.hostPort(1, 26379)

const main = z.strictObject({
  mode: key(modes, {
    default: 'report',
    about:
      "What the plugin may do. 'off' does nothing and needs no store; it switches every connector off. 'report' judges and " +
      "reports, and accepts all mail. 'defer' may answer 450 where the schedule says so, and never refuses. 'enforce' may answer " +
      "450 and 550. A connector's own mode goes before this one, except before 'off'.",
  }),
  scope: key(oneOf('connectors', 'everyone'), {
    default: 'connectors',
    about:
      "Whose sessions are looked at. 'connectors' leaves alone every session that no connector matches. 'everyone' gives those " +
      "sessions to the built-in connector 'internet', which only reports unless [internet] in the connectors file says otherwise.",
  }),
  trusted_relays: key(list(values.domainPattern), {
    default: '',
    example: 'mx1.example.com, *.gateways.example.com',
    about:
      'Your own gateways, by the name that they write in Received ... by. Fields of theirs are skipped; the next one below is then ' +
      'the connecting hop. *. stands for any depth below.',
  }),
  look_behind_relays: key(yesNo, {
    default: 'no',
    about:
      'Whether an Exchange server behind a peer that is no Exchange server is looked for and reported. It is never enforced.',
  }),
  advertise_xoorg: key(yesNo, {
    default: 'no',
    about:
      'Whether XOORG is offered in EHLO, so that hybrid Exchange servers name their organisation. It is recorded and never attributes a session.',
  }),
  help_url: key(values.webAddress, {
    default: 'https://learn.microsoft.com/exchange/new-features/build-numbers-and-release-dates',
    about: 'The address to which replies point for more information: {help_url} in the templates.',
  }),
  add_header: key(yesNo, {
    default: 'yes',
    about:
      'Whether accepted messages of connectors get an X-Exchange-Enforcement header. Fields of that name from outside are removed either way.',
  }),
})

const policy = z.strictObject({
  preset: key(oneOf('microsoft', 'lifecycle', 'custom'), {
    default: 'microsoft',
    about:
      "What counts as outdated. 'microsoft': below the floors that Exchange Online has published, from the day each took effect, and " +
      "products that never pass. 'lifecycle': out of support, or lacking a security update older than max_patch_age_days. 'custom': " +
      'below the floors of this section.',
  }),
  max_patch_age_days: key(wholeNumber(0, 3650), {
    default: '90',
    about: "For 'lifecycle': how many days after its release a security update may still be missing.",
  }),
  floors: key(list(values.buildNumber), {
    default: '',
    example: '15.1.2507.61, 15.2.1748.36',
    about:
      "For 'custom': the lowest builds that pass. A floor holds for its cumulative update and all later ones of the product.",
  }),
  in_scope_from: key(list(values.productDate), {
    default: '',
    example: 'exchange-2016=2026-03-01, exchange-2019=2026-06-01',
    about:
      'Products that are to be judged only from a day (UTC) on. Product ids are those of the catalogue. Products not named are in scope at once.',
  }),
})

const clock = z.strictObject({
  confirm_sightings: key(wholeNumber(1, 1000), {
    default: '3',
    about: 'How many outdated sightings detect a server, with no compliant one between them.',
  }),
  confirm_hours: key(wholeNumber(0, 8760), {
    default: '24',
    about: 'How many hours those sightings must span at least. The clock starts at the first of them.',
  }),
  relapse_days: key(wholeNumber(0, 3650), {
    default: '30',
    about:
      'A server detected again within so many days of its recovery goes on where its clock stood; later, it starts anew.',
  }),
  pause_days_per_year: key(wholeNumber(0, 366), {
    default: '90',
    about: 'How many days of each calendar year (UTC) a tenant may pause its enforcement, in any portions.',
  }),
})

const enforcement = z.strictObject({
  defer_at: key(places, {
    default: 'mail',
    about:
      'Where a deferral (450) is spoken at the earliest. Before the end of DATA only from memory, and only if every server seen on ' +
      "the path is to be turned away now and its last evidence is fresh. 'connect' closes the connection; it is for connectors known " +
      "by address alone, others use 'mail' instead.",
  }),
  refuse_at: key(places, {
    default: 'data',
    about:
      "Where a refusal (550) is spoken at the earliest. 'data' judges each message on its own evidence and is the only place at which " +
      'a server that has just been patched cannot lose mail.',
  }),
  path_memory_days: key(wholeNumber(1, 365), {
    default: '7',
    about: 'For how many days a server is remembered to be behind an address and EHLO name.',
  }),
  recheck_minutes: key(wholeNumber(0, 1440), {
    default: '5',
    about:
      'A path whose last evidence is older goes on to DATA, to show its build again. 0: memory never speaks.',
  }),
  spread: key(yesNo, {
    default: 'yes',
    about:
      "Whether each server has its windows at a place of its own in the hour, so that a fleet is not refused in the same minute. 'no': all at minute 0.",
  }),
  reply_defer: key(replyTemplate, {
    default:
      'Connecting Exchange server version is out-of-date; connection throttled for {minutes} mins/hr. For more information see {help_url}',
    about:
      "Text of a deferral, behind '450 4.7.230 '. {minutes} is minutes an hour, {free_at} the next moment at which mail is accepted.",
  }),
  reply_refuse: key(replyTemplate, {
    default:
      'Connecting Exchange server version is out-of-date; connection blocked for {minutes} mins/hr. For more information see {help_url}',
    about: "Text of a refusal, behind '550 5.7.230 '.",
  }),
})

const store = z.strictObject({
  backend: key(oneOf('lmdb', 'redis', 'memory'), {
    default: 'lmdb',
    about:
      "Where memory is kept. 'lmdb': files on this host, for any number of its processes. 'redis': shared by several hosts. 'memory': " +
      'lost at restart and not shared between processes; for trials.',
  }),
  path: key(values.filePath, {
    default: 'exchange-enforcement',
    about:
      "Folder of the LMDB files; a relative path starts at Haraka's own folder, the one that holds config.",
  }),
  timeout_ms: key(wholeNumber(1, 5000), {
    default: '200',
    about:
      'How long a message waits for the store at most; after that it is decided from the cache, or accepted.',
  }),
  max_clock_skew_seconds: key(wholeNumber(1, 86_400), {
    default: '300',
    about:
      "If the host's clock and that of Redis differ by more, or the host's clock jumps by more, nothing is enforced until that is settled.",
  }),
  cache_max_entries: key(wholeNumber(1, 10_000_000), {
    default: '10000',
    about: 'How many records each process keeps in memory.',
  }),
  cache_ttl_seconds: key(wholeNumber(1, 3600), {
    default: '60',
    about: 'How long a record in memory is used without asking the store again.',
  }),
})

const redis = z.strictObject({
  url: key(optional(values.redisUrl), {
    default: '',
    example: 'redis://redis.example.com:6379/2',
    about:
      'The whole address in one key, in place of host, port, db, username, password and tls. Nothing is then taken from redis.ini.',
    secret: true,
  }),
  host: key(optional(values.hostName), {
    default: '',
    example: '127.0.0.1',
    about: 'Host of a single Redis; 127.0.0.1 where neither this file nor redis.ini has one.',
  }),
  port: key(optional(wholeNumber(1, 65_535)), {
    default: '',
    example: '6379',
    about: 'Port of a single Redis; 6379 where neither this file nor redis.ini has one.',
  }),
  db: key(optional(wholeNumber(0, 9999)), {
    default: '',
    example: '2',
    about: 'Number of the database; 0 where neither file has one. A cluster has only 0.',
  }),
  username: key(optional(values.freeText(256)), {
    default: '',
    example: 'haraka',
    about: 'Name of the ACL user.',
  }),
  password: key(optional(values.freeText(1024)), {
    default: '',
    about: 'Password; it is shown nowhere.',
    secret: true,
  }),
  tls: key(optional(yesNo), {
    default: '',
    example: 'yes',
    about: 'Whether the connection is encrypted; no where neither file says so.',
  }),
  sentinels: key(list(sentinelNode), {
    default: '',
    example: 's1.example.com:26379, s2.example.com:26379',
    about: 'Sentinels to ask for the master, instead of host and port. Needs sentinel_name.',
  }),
  sentinel_name: key(optional(values.freeText(256)), {
    default: '',
    example: 'mymaster',
    about: 'Name under which the Sentinels know the master.',
  }),
  cluster_nodes: key(list(redisNode), {
    default: '',
    example: 'r1.example.com:6379, r2.example.com:6379',
    about: 'Some nodes of a Redis Cluster, instead of host and port; the others are found through them.',
  }),
  key_prefix: key(values.keyPrefix, {
    default: 'xe',
    about: 'First part of every key, so that installations can share a database.',
  }),
})

const metrics = z.strictObject({
  listen: key(optional(values.hostPort(0, null)), {
    default: '127.0.0.1:9904',
    about: 'Address and port for Prometheus. Empty: none.',
  }),
  token_file: key(optional(values.filePath), {
    default: '',
    example: 'exchange-enforcement.metrics-token',
    about:
      'File that holds the token which /metrics asks for (Authorization: Bearer), 32 characters or more; nobody but its owner and its group ' +
      'may read it. A relative path starts at the config folder. Not set: /metrics asks for none. /healthz and /readyz never do.',
  }),
  server_info: key(wholeNumber(0, 1000), {
    default: '0',
    about:
      'How many servers at most the figures may name, those first that need attention most. Each is one time series at a time in Prometheus. 0: none.',
  }),
})

const notices = z.strictObject({
  enabled: key(yesNo, {
    default: 'no',
    about:
      "Whether the tenants' contacts are told of what happens to their servers. Needs from, webhook_url or both. What happened before is not told.",
  }),
  from: key(optional(values.mailAddress), {
    default: '',
    example: 'postmaster@example.com',
    about:
      'Address in the From of the notices, and whom to ask where reply_to is not set. Not set: no mail is sent, only the webhook is called.',
  }),
  reply_to: key(optional(values.mailAddress), {
    default: '',
    example: 'mail-team@example.com',
    about: 'Whom contacts are to ask, and where their answers go. Not set: as from.',
  }),
  notice_days: key(wholeNumber(0, 365), {
    default: '7',
    about:
      'How many days before a change of stage, or the end of a pause or exemption, a notice is due. 0: none before, only at it.',
  }),
  language: key(values.languageTag, {
    default: 'en',
    about:
      "Language of the notices, where a tenant's connector names none: en, de, fr, nl or ja. A region is of no matter (de-CH is de).",
  }),
  smtp_user: key(optional(values.freeText(256)), {
    default: '',
    example: 'notices@example.com',
    about:
      "User name for the server of 'notices send --smtp', where it asks for one. Mail from within Haraka takes Haraka's own way.",
  }),
  smtp_password_file: key(optional(values.filePath), {
    default: '',
    example: 'exchange-enforcement.smtp-password',
    about: 'File that holds its password; a relative path starts at the config folder.',
  }),
  webhook_url: key(optional(values.webAddress), {
    default: '',
    example: 'https://alerts.example.com/exchange',
    about:
      'Where the notices of all tenants are posted as signed JSON as well. https; http only to this host itself. Needs webhook_secret_file.',
    secret: true,
  }),
  webhook_secret_file: key(optional(values.filePath), {
    default: '',
    example: 'exchange-enforcement.webhook-secret',
    about:
      'File that holds the secret with which they are signed, 16 characters at least; a relative path starts at the config folder.',
  }),
})

const web = z.strictObject({
  listen: key(optional(values.hostPort(0, null)), {
    default: '127.0.0.1:9905',
    about:
      "Address and port at which 'exchange-enforcement serve' offers the operator's page. Empty: only where --listen names one.",
  }),
  token_file: key(optional(values.filePath), {
    default: '',
    example: 'exchange-enforcement.token',
    about:
      'File that holds the token which the page asks for, 32 characters or more; nobody but its owner and its group may read it. ' +
      "A relative path starts at the config folder. 'exchange-enforcement serve --make-token' makes it.",
  }),
  public_url: key(optional(values.webAddress), {
    default: '',
    example: 'https://enforcement.example.com',
    about:
      'Address under which a reverse proxy offers the page. Requests for its host are then answered, its X-Forwarded-For is believed, and the ' +
      'cookie of an https address is sent by https alone.',
  }),
})

/** One key a stage, named by its number. */
const schedule = z.record(
  z.string().regex(stageNumberShape),
  key(scheduleRow, { default: 'none', about: '' }),
)

/** The sections of the main file but for `[schedule]`, whose keys are the numbers of stages. */
export const mainSections = { main, policy, clock, enforcement, store, redis, metrics, notices, web }

/** Everything in `exchange-enforcement.ini`: text in, values out. */
export const mainSchema = z.strictObject({
  main: main.prefault({}),
  policy: policy.prefault({}),
  clock: clock.prefault({}),
  schedule: schedule.prefault({}),
  enforcement: enforcement.prefault({}),
  store: store.prefault({}),
  redis: redis.prefault({}),
  metrics: metrics.prefault({}),
  notices: notices.prefault({}),
  web: web.prefault({}),
})

export type MainValues = z.output<typeof mainSchema>
