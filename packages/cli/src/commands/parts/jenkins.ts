import type { Command } from 'commander';
import { list } from '../../frame/arguments.ts';

/** `carto jenkins` */
export function addJenkins(program: Command): void {
  program
    .command('jenkins')
    .summary('run what makes builds on Jenkins alone, against any cluster')
    .description(
      'Triggers each JenkinsBuild once on its server, follows it, and hands on what it made. Nothing is asked but the hosts ' +
        'that are named here.',
    )
    .option('--kubeconfig <file>', 'default: the pod’s own account, else $KUBECONFIG, else ~/.kube/config')
    .option('--context <name>', 'a context of the kubeconfig')
    .option('--server-hosts <host[:port],…>', 'where servers may be', list, [])
    .option('--allow-destination <host[:port],…>', 'servers on this machine or links', list, [])
    .option('--plain-http <host[:port],…>', 'hosts that are spoken to without TLS', list, [])
    .option('--metrics-address <host:port>', 'where /metrics, /healthz and /readyz are served', '127.0.0.1:8082')
    .option('--leader-elect', 'one of several replicas works, the others stand by (default: in a pod)')
    .option('--no-leader-elect', 'work without asking, as the only one of the cluster')
    .option('--leader-election-namespace <name>', 'where the lease is kept (default: the namespace of the pod)')
    .option('--log-level <level>', 'error, warn, info or debug', 'info')
    .action(async (options) => (await import('../../parts/jenkins-command.ts')).runJenkins(options));
}
