/** `croft completion`: a script for a shell; its candidates come from `croft __complete`, so that the script is never out of date. */
import { Argument, type Command } from 'commander';
import { completionScript, shells } from '../completion/scripts.ts';
import type { CliContext } from '../context.ts';
import { withExamples } from '../examples.ts';

export function registerCompletion(completion: Command, context: CliContext): void {
  completion.addArgument(new Argument('<shell>').choices(shells));
  withExamples(
    completion,
    'source <(croft completion bash)',
    'croft completion zsh > ~/.zfunc/_croft',
    'croft completion fish > ~/.config/fish/completions/croft.fish',
  );
  completion.action((shell: (typeof shells)[number]) => context.print(completionScript(shell)));
}
