import type { Command } from 'commander';
import { list, timeSpan } from '../../frame/arguments.ts';

/** `carto conventions` */
export function addConventions(program: Command): void {
  program
    .command('conventions')
    .summary('run what applies conventions alone, against any cluster')
    .description(
      'Gives every PodIntent the ClusterPodConventions that fit it, by convention servers and by rules, with its images by ' +
        'digest. A convention that is registered, changed or removed moves the intents that it fits, and no others.',
    )
    .option('--kubeconfig <file>', 'default: the pod’s own account, else $KUBECONFIG, else ~/.kube/config')
    .option('--context <name>', 'a context of the kubeconfig')
    .option('--allow-destination <host[:port],…>', 'registries on this machine or links', list, [])
    .option('--plain-http <host[:port],…>', 'registries that are spoken to without TLS', list, [])
    .option('--registry-ca <file>', 'certificates in PEM that registries are trusted by besides those of the system')
    .option('--moved-tags <span>', 'ask registries so often whether tags have moved: 10m (default: never)', timeSpan)
    .option('--resync <span>', 'compute all intents again so often: 10h (default: never)', timeSpan)
    .option('--metrics-address <host:port>', 'where /metrics, /healthz and /readyz are served', '127.0.0.1:8083')
    .option('--leader-elect', 'one of several replicas works, the others stand by (default: in a pod)')
    .option('--no-leader-elect', 'work without asking, as the only one of the cluster')
    .option('--leader-election-namespace <name>', 'where the lease is kept (default: the namespace of the pod)')
    .option('--log-level <level>', 'error, warn, info or debug', 'info')
    .action(async (options) => (await import('../../parts/conventions-command.ts')).runConventions(options));
}
