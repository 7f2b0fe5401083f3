import { Argument, type Command } from 'commander';
import type { Surroundings } from '../frame/surroundings.ts';

/** `carto completion` */
export function addCompletion(program: Command, { terminal }: Surroundings): void {
  program
    .command('completion')
    .summary('teach your shell to complete what you type')
    .description(
      'Prints a script that completes commands, flags, and what the cluster knows: names, namespaces, chains, types, steps. ' +
        'A cluster that is away or slow has no candidates, and costs a second and a half at most, or what ' +
        'CARTO_COMPLETION_TIMEOUT says.',
    )
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      '\nFor bash:  source <(carto completion bash)                        in ~/.bashrc' +
        '\nFor zsh:   source <(carto completion zsh)                         in ~/.zshrc, after compinit' +
        '\nFor fish:  carto completion fish > ~/.config/fish/completions/carto.fish' +
        '\n\nkubectl carto is completed by kubectl (1.26 and newer) through the program kubectl_complete-carto on the PATH; ' +
        'flags come after the plugin’s name: kubectl carto tail hello -n shop.',
    )
    .action(async (shell: 'bash' | 'zsh' | 'fish') => {
      const { SHELL_SCRIPTS } = await import('../complete/shell-scripts.ts');
      terminal.out(SHELL_SCRIPTS[shell]);
    });
}
