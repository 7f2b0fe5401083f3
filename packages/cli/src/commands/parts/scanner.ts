import { type Command, Option } from 'commander';
import { list, positive } from '../../frame/arguments.ts';

/** `carto scanner` */
export function addScanner(program: Command): void {
  program
    .command('scanner')
    .summary('run the scanner alone, against any cluster')
    .description(
      'Reads what images and sources have in them, matches it with advisories, and lets policies judge. A new advisory ' +
        'changes the scans that it touches, by itself, and no others.',
    )
    .option('--kubeconfig <file>', 'default: the pod’s own account, else $KUBECONFIG, else ~/.kube/config')
    .option('--context <name>', 'a context of the kubeconfig')
    .addOption(
      new Option('--store <file or URL>', 'a file of SQLite, or postgres://…')
        .default('scanning.db')
        .env('CARTO_STORE'),
    )
    .option('--source-hosts <host[:port],…>', 'where archives of sources may be fetched from', list, [])
    .option('--allow-destination <host[:port],…>', 'registries and archives on this machine or links', list, [])
    .option('--plain-http <host[:port],…>', 'hosts that are spoken to without TLS', list, [])
    .option('--keep-bills <days>', 'how long the packages of what no scan has any more are kept', positive, 30)
    .option('--questions-address <host:port>', 'where questions about the store are answered (default: not at all)')
    .option(
      '--questions-cert-dir <dir>',
      'tls.crt and tls.key for questions (default: the scanner makes its own and publishes the authority)',
    )
    .option('--metrics-address <host:port>', 'where /metrics, /healthz and /readyz are served', '127.0.0.1:8081')
    .option('--leader-elect', 'one of several replicas works, the others stand by (default: in a pod)')
    .option('--no-leader-elect', 'work without asking, as the only scanner of the cluster')
    .option('--leader-election-namespace <name>', 'where the lease is kept (default: the namespace of the pod)')
    .option('--log-level <level>', 'error, warn, info or debug', 'info')
    .action(async (options) => (await import('../../parts/scanner-command.ts')).runScanner(options));
}
