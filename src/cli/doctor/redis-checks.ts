/** What can be wrong with a Redis. */
export const redisChecks = {
  'redis-unreachable': {
    severity: 'error',
    about:
      'Redis does not answer, so that nothing is remembered and everything accepted that the cache does not know.',
    remedy: 'See that it runs, and that host and port in [redis], or in redis.ini, are right.',
  },
  'redis-denied': {
    severity: 'error',
    about: 'Redis refuses the user or the password.',
    remedy: 'Correct username and password in [redis], or in redis.ini.',
  },
  'redis-commands-denied': {
    severity: 'error',
    about: 'The user of Redis may not give a command that the plugin needs, or not on its keys.',
    remedy:
      'Allow its keys and commands: ACL SETUSER NAME ~xe:* +get +mget +set +del +scan +time +eval +evalsha +ping +info; docs/redis.md says what is kept.',
  },
  'redis-version': {
    severity: 'hint',
    about: 'Redis is older than 7.0, with which the plugin is tested.',
    remedy: 'Update Redis to 7.0 or newer.',
  },
  'redis-evicts': {
    severity: 'warning',
    about:
      'Redis throws away keys when memory runs short: clocks, pauses and exemptions are forgotten without a word.',
    remedy: 'Set maxmemory-policy noeviction, or use a Redis of its own.',
  },
  'redis-memory-full': {
    severity: 'warning',
    about: 'Redis is close to its maxmemory; beyond it nothing is remembered any more.',
    remedy: 'Raise maxmemory, or find out who else fills it.',
  },
  'redis-not-persistent': {
    severity: 'warning',
    about: 'Redis writes nothing to disk: a restart forgets every clock, pause and exemption.',
    remedy: 'Set appendonly yes, or save points.',
  },
  'redis-persistence-fails': {
    severity: 'error',
    about:
      'Redis cannot write to its disk; what is remembered is lost at restart, and writing may be refused.',
    remedy: "Look into Redis' log: most often the disk is full or the folder not writable.",
  },
  'redis-replica': {
    severity: 'error',
    about: 'The Redis that is named is a replica, which takes no writing.',
    remedy: 'Name the master, or let Sentinels find it: sentinels and sentinel_name in [redis].',
  },
  'redis-no-replica': {
    severity: 'warning',
    about:
      'A master that Sentinel or Cluster looks after has no replica, so that nothing can take its place.',
    remedy: 'Add a replica to it.',
  },
  'redis-cluster-broken': {
    severity: 'error',
    about: 'The Redis Cluster does not serve all slots.',
    remedy: 'Run redis-cli --cluster check, and bring the missing nodes back.',
  },
  'redis-sentinel': {
    severity: 'error',
    about: 'A Sentinel does not answer, does not know the master, or sees no quorum for a failover.',
    remedy:
      'See that the Sentinels run and know the name in sentinel_name; three on three hosts is the least that helps.',
  },
  'redis-cleartext': {
    severity: 'warning',
    about:
      'Redis is on another host and is spoken to without TLS: who listens reads who sends you mail, and the password.',
    remedy:
      'Write tls = yes in [redis], with a Redis that offers TLS; in a private network of its own this may do.',
  },
  'redis-no-password': {
    severity: 'warning',
    about:
      'Redis is on another host and asks for no password: whoever reaches it can change clocks and pauses.',
    remedy:
      'Give the user of Redis a password, and write it in [redis]; see that others cannot read the file.',
  },
  'redis-slow': {
    severity: 'warning',
    about:
      'Redis takes more than half of timeout_ms to answer, so that many messages are decided without it.',
    remedy: 'Look at redis-cli --latency and slowlog get; use a Redis nearby, or raise timeout_ms.',
  },
  'redis-clock-skew': {
    severity: 'error',
    about:
      'The clocks of this host and of Redis differ by more than max_clock_skew_seconds: nothing is enforced.',
    remedy: 'Set both clocks, and keep them so with chrony or systemd-timesyncd.',
  },
  'redis-clock-drift': {
    severity: 'hint',
    about: 'The clocks of this host and of Redis differ by more than five seconds.',
    remedy: 'Look after both with chrony or systemd-timesyncd before they differ too much.',
  },
} as const
