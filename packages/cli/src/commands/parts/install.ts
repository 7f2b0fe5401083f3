import { type Command, InvalidArgumentError } from 'commander';
import { list } from '../../frame/arguments.ts';
import { INSTALL_PARTS, type InstallPart } from '../../process/install-parts.ts';

/** `carto install` */
export function addInstall(program: Command): void {
  program
    .command('install')
    .summary('install the controller, and what is named, into a cluster')
    .description('Applies what deploy/ holds to a cluster, by server-side apply. Safe to repeat with the same flags.')
    .option('--kubeconfig <file>', 'default: $KUBECONFIG, else ~/.kube/config')
    .option('--context <name>', 'a context of the kubeconfig')
    .option('--crds-only', 'only the CustomResourceDefinitions')
    .option('--image <reference>', 'the image of all parts (default: cartographer-controller of this version)')
    .option(`--with <part,…>`, `parts besides the controller: ${INSTALL_PARTS.join(', ')}`, parts, [])
    .option('--pull-secrets-in <namespace,…>', 'with scanner: where it may read pull secrets', list, [])
    .option('--scanner-database <secret>', 'a Secret whose key url is postgres://… (default: SQLite on a volume)')
    .option('--source-hosts <host[:port],…>', 'with scanner: as carto scanner has it', list, [])
    .option('--jenkins-secrets-in <namespace,…>', 'with jenkins: where it may read the Secrets of servers', list, [])
    .option('--server-hosts <host[:port],…>', 'with jenkins: as carto jenkins has it', list, [])
    .option('--intent-secrets-in <namespace,…>', 'with conventions: where it may read pull secrets', list, [])
    .option('--allow-destination <host[:port],…>', 'with any of them: as they have it', list, [])
    .option('--plain-http <host[:port],…>', 'with any of them: as they have it', list, [])
    .option('--dry-run', 'ask the server, change nothing')
    .action(async (options) => (await import('../../parts/install-command.ts')).runInstall(options));
}

function parts(text: string): readonly InstallPart[] {
  return list(text).map((name) => {
    const part = INSTALL_PARTS.find((known) => known === name);
    if (part === undefined) throw new InvalidArgumentError(`parts are ${INSTALL_PARTS.join(', ')}.`);
    return part;
  });
}
