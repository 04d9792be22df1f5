import js from '@eslint/js'
import tseslint from 'typescript-eslint'

const upward = (rooms) => ({
  'no-restricted-imports': ['error', { patterns: rooms.map(([regex, message]) => ({ regex, message })) }],
})

/** Which rooms may use which: the table of docs/architecture.md. */
const doors = {
  rules: [],
  config: ['rules'],
  store: ['rules', 'config'],
  report: ['rules'],
  mailbox: [],
  enforcement: ['rules', 'config', 'store'],
  metrics: ['rules', 'enforcement'],
  notify: ['rules', 'config', 'store', 'report'],
  haraka: ['rules', 'config', 'store', 'enforcement', 'metrics', 'notify'],
  web: ['rules', 'config', 'store', 'enforcement', 'report'],
  replay: ['rules', 'config', 'store', 'enforcement', 'report', 'mailbox'],
  cli: [
    'rules',
    'config',
    'store',
    'enforcement',
    'metrics',
    'haraka',
    'report',
    'notify',
    'web',
    'replay',
    'mailbox',
  ],
  plugins: ['haraka'],
}

const closedTo = (room) => [
  `^(\\.\\./)+(src/)?(${Object.keys(doors)
    .filter((other) => other !== room && !doors[room].includes(other))
    .join('|')})(/|$)`,
  'This door is closed: see docs/architecture.md.',
]

const filesOf = (room) => [room === 'plugins' ? 'plugins/**/*.ts' : `src/${room}/**/*.ts`]

export default tseslint.config(
  { ignores: ['dist/', 'build/', 'coverage/', 'node_modules/', 'test/fixtures/'] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unnecessary-type-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  {
    // The rules are pure: time, catalogue, policy and memory are arguments (docs/architecture.md).
    files: ['src/rules/**/*.ts'],
    rules: {
      ...upward([
        ['^[^.]', 'src/rules imports nothing from outside: no module of Node.js, no package.'],
        closedTo('rules'),
      ]),
      'no-restricted-globals': [
        'error',
        ...[
          'process',
          'setTimeout',
          'setInterval',
          'setImmediate',
          'queueMicrotask',
          'performance',
          'fetch',
          'crypto',
          'console',
          'Buffer',
          'require',
        ].map((name) => ({ name, message: 'src/rules is pure.' })),
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: "MemberExpression[object.name='Date'][property.name='now']",
          message: 'Time is an argument.',
        },
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'Time is an argument.',
        },
        { selector: "CallExpression[callee.name='Date']", message: 'Time is an argument.' },
        {
          selector: "MemberExpression[object.name='Math'][property.name='random']",
          message: 'The rules know no chance.',
        },
        { selector: 'ImportExpression', message: 'src/rules imports nothing from outside.' },
      ],
    },
  },
  ...Object.keys(doors)
    .filter((room) => room !== 'rules')
    .map((room) => ({ files: filesOf(room), rules: upward([closedTo(room)]) })),
  { files: ['src/cli/**/*.ts', 'test/**/*.ts'], rules: { 'no-console': 'off' } },
  { files: ['test/**/*.ts'], rules: { '@typescript-eslint/no-non-null-assertion': 'off' } },
)
