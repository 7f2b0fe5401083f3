import { type Command, Option } from 'commander';
import { portNumber } from '../frame/arguments.ts';
import type { Surroundings } from '../frame/surroundings.ts';

/** Where `carto up` listens unless told otherwise: fixed, so that a kubeconfig stays good over restarts. */
const DEFAULT_PORT = 26443;

/** `carto up` */
export function addUp(program: Command, surroundings: Surroundings): void {
  program
    .command('up')
    .summary('run everything on this machine: API server, controller, laptop tools and an example')
    .description(
      'Runs an embedded, kubectl-compatible API server, the controller, and stand-ins for Flux, kpack and Knative in one ' +
        'process, and sets up an example: a git repository whose commits become a running web app. ' +
        'Laptop tools run code from the repositories that you name, with your rights. Ctrl-C stops all of it.',
    )
    .option(
      '--port <number>',
      'where the API server listens on 127.0.0.1; 0 picks a free port',
      portNumber,
      DEFAULT_PORT,
    )
    .option('--data <dir>', 'where everything is kept between runs', '.carto')
    .addOption(new Option('--ephemeral', 'keep nothing: all is forgotten at the end').conflicts(['data', 'detach']))
    .option('--detach', 'run in the background: say where it runs, once it does; "carto down" ends it', false)
    .addOption(new Option('--no-detach').hideHelp())
    .option('--kubeconfig-out <file>', 'where to write the kubeconfig (default: kubeconfig in the data folder)')
    .option('--no-laptop', 'without the stand-ins for Flux, kpack and Knative')
    .option('--no-example', 'without the example chain, repository and workload')
    .addOption(
      new Option('--authorization <mode>', 'RBAC holds every account to its roles; AlwaysAllow asks nobody')
        .choices(['RBAC', 'AlwaysAllow'])
        .default('RBAC'),
    )
    .option(
      '--jenkins <url>',
      'a Jenkins that JenkinsBuilds run on; CARTO_JENKINS_USERNAME and CARTO_JENKINS_TOKEN hold its login (default: none)',
    )
    .option(
      '--questions-port <number>',
      'where questions about scans are answered on 127.0.0.1, by HTTPS (default: a free port)',
      portNumber,
    )
    .option('--log-level <level>', 'error, warn, info or debug; the log goes to carto.log in the data folder', 'info')
    .option('--audit-log <file>', 'append every request to the API server, one JSON line each')
    .addHelpText(
      'after',
      '\nExamples:\n  carto up\n  carto up --detach && carto status && carto down\n  carto up --port 0 --ephemeral --no-example --kubeconfig-out kc && kubectl --kubeconfig kc get workloads',
    )
    .action(async (options) => (await import('../up/up.ts')).runUp(options, surroundings));
}
