import { type Command, Option } from 'commander';
import { portNumber, positive } from '../../frame/arguments.ts';

/** `carto controller` */
export function addController(program: Command): void {
  program
    .command('controller')
    .summary('run the controller alone, against any cluster')
    .description('Runs the controller against the cluster of a kubeconfig, or of the pod it runs in.')
    .option('--kubeconfig <file>', 'default: the pod’s own account, else $KUBECONFIG, else ~/.kube/config')
    .option('--context <name>', 'a context of the kubeconfig')
    .option('--metrics-address <host:port>', 'where /metrics, /healthz and /readyz are served', '127.0.0.1:8080')
    .option('--concurrency <number>', 'owners of a kind that are worked on at the same time', positive, 16)
    .option('--leader-elect', 'one of several replicas works, the others stand by (default: in a pod)')
    .option('--no-leader-elect', 'work without asking, as the only controller of the cluster')
    .option('--leader-election-namespace <name>', 'where the lease is kept (default: the namespace of the pod)')
    .option('--webhooks-address <host:port>', 'where to serve the validating webhooks (default: not at all)')
    .option(
      '--webhooks-cert-dir <dir>',
      'tls.crt and tls.key for the webhooks (default: the controller makes its own and keeps it in a Secret)',
    )
    .option('--log-level <level>', 'error, warn, info or debug', 'info')
    .addOption(hidden('--Port <number>', portNumber))
    .addOption(hidden('--cert-dir <dir>'))
    .addOption(hidden('--metrics-port <number>', portNumber))
    .addOption(hidden('--pprof-port <number>', portNumber))
    .addOption(hidden('--max-concurrent-workloads <number>', positive))
    .addOption(hidden('--max-concurrent-deliveries <number>', positive))
    .addOption(hidden('--max-concurrent-runnables <number>', positive))
    .addOption(new Option('--dev').hideHelp())
    .action(async (options) => (await import('../../parts/controller-command.ts')).runController(options));
}

/** A flag of the first implementation, taken so that its manifests still work. */
function hidden(flags: string, parse: (text: string) => unknown = String): Option {
  return new Option(flags).hideHelp().argParser(parse);
}
