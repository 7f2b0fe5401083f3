import { type Command, Option } from 'commander';

/** Flags of a command that asks a cluster. */
export type TargetFlags = {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly as?: string;
  /** False with `--no-color`. */
  readonly color: boolean;
  readonly verbose?: boolean;
};

/** Flags of a command that writes. */
export type WriteFlags = TargetFlags & { readonly yes?: boolean };

/** Gives a command the flags that say which cluster is meant, as whom, and how its output looks. */
export function withTargetFlags(command: Command): Command {
  return command
    .option(
      '--kubeconfig <file>',
      'default: $KUBECONFIG, else a running carto up in or above this folder, else ~/.kube/config',
    )
    .option('--context <name>', 'a context of the kubeconfig')
    .option('-n, --namespace <name>', 'the namespace (default: that of the context)')
    .option('--as <user>', 'act as this user or service account, if you may')
    .option('--no-color', 'without colours, as with NO_COLOR')
    .option('-v, --verbose', 'show requests to the API server, and the stack of an error');
}

/** Gives a command `-o`; `screens` are the words besides those that every command takes, such as `wide`. */
export function withOutputFlag(command: Command, ...screens: readonly string[]): Command {
  const formats = ['json', 'yaml', ...screens, 'name', 'ndjson', 'jsonpath=TEMPLATE'];
  return command.addOption(new Option('-o, --output <format>', formats.join(', ')));
}

/** Gives a command `--yes`. */
export function withYesFlag(command: Command): Command {
  return command.option('-y, --yes', 'do it without asking');
}
