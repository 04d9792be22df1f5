import { Argument, type Command } from 'commander'
import { bashCompletion } from './completion/bash'
import { fishCompletion } from './completion/fish'
import { completedTree, type CompletedCommand } from './completion/tree'
import { zshCompletion } from './completion/zsh'
import { detail } from './details'
import type { Invocation } from './invocation'
import { jsonText } from './json-text'

const shells = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } satisfies Record<
  string,
  (tree: CompletedCommand) => string
>
type Shell = keyof typeof shells

interface Options {
  readonly json?: boolean
}

export function addCompletion(program: Command, invocation: Invocation): void {
  const command = program
    .command('completion')
    .description('the script with which a shell completes commands, options and files')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(shells)))
    .option('--json', 'print a JSON object that holds it')
    .action(async (shell: Shell, options: Options) => {
      const script = shells[shell](completedTree(program))
      await invocation.out.write(options.json ? `${jsonText({ shell, script }, true)}\n` : script)
    })
  detail(command, {
    notes: [
      'The script is made of the same commands and options that --help shows. It completes the name exchange-enforcement, so that has to be on the PATH.',
    ],
    examples: [
      [
        'completion bash > ~/.local/share/bash-completion/completions/exchange-enforcement',
        'For bash, with the package bash-completion',
      ],
      ['completion zsh > /usr/local/share/zsh/site-functions/_exchange-enforcement', 'For zsh'],
      ['completion fish > ~/.config/fish/completions/exchange-enforcement.fish', 'For fish'],
    ],
  })
}
