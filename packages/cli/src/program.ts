import { spanMs } from '@cartographer/api';
import { Command, InvalidArgumentError, Option } from 'commander';
import { INSTALL_PARTS, type InstallPart } from './install-parts.ts';
import type { Terminal } from './terminal.ts';
import { VERSION } from './version.ts';

/** Where `carto up` listens unless told otherwise: fixed, so that a kubeconfig stays good over restarts. */
const DEFAULT_PORT = 26443;
const LEAST_SPAN_MS = 1_000;

/** The command line of `carto`. Each command's help teaches what it is for; its code is loaded when it runs. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command('carto')
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .description(
      'Cartographer choreographs software supply chains on Kubernetes, or on this machine with no cluster at all.',
    )
    .version(VERSION)
    .showHelpAfterError('(run the command with --help to see what it takes)')
    .configureHelp({ showGlobalOptions: true })
    .exitOverride();
  addUp(program);
  addController(program);
  addScanner(program);
  addJenkins(program);
  addConventions(program);
  addInstall(program);
  addScan(program, terminal);
  return program;
}

function addUp(program: Command): void {
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
    .addOption(new Option('--ephemeral', 'keep nothing: all is forgotten at the end').conflicts('data'))
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
      'where questions about scans are answered on 127.0.0.1, by HTTPS; 0 picks a free port (default: not at all)',
      portNumber,
    )
    .option('--log-level <level>', 'error, warn, info or debug; the log goes to carto.log in the data folder', 'info')
    .option('--audit-log <file>', 'append every request to the API server, one JSON line each')
    .addHelpText(
      'after',
      '\nExamples:\n  carto up\n  carto up --port 0 --ephemeral --no-example --kubeconfig-out kc && kubectl --kubeconfig kc get workloads',
    )
    .action(async (options) => (await import('./up/up.ts')).runUp(options));
}

function addController(program: Command): void {
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
    .action(async (options) => (await import('./controller-command.ts')).runController(options));
}

function addScanner(program: Command): void {
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
    .action(async (options) => (await import('./parts/scanner-command.ts')).runScanner(options));
}

function addJenkins(program: Command): void {
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
    .action(async (options) => (await import('./parts/jenkins-command.ts')).runJenkins(options));
}

function addConventions(program: Command): void {
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
    .action(async (options) => (await import('./parts/conventions-command.ts')).runConventions(options));
}

/** A flag of the first implementation, taken so that its manifests still work. */
function hidden(flags: string, parse: (text: string) => unknown = String): Option {
  return new Option(flags).hideHelp().argParser(parse);
}

function addInstall(program: Command): void {
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
    .action(async (options) => (await import('./install-command.ts')).runInstall(options));
}

function addScan(program: Command, terminal: Terminal): void {
  program
    .command('scan')
    .summary('find known vulnerabilities in a bill of material, in lock files or in an image, with no server')
    .description(
      'Matches packages against advisories in the OSV format, and prints what was found. Nothing is sent anywhere, and ' +
        'nothing is built or started. What cannot be read is named, and makes the scan incomplete.',
    )
    .argument('[folder]', 'a source: its lock files are read, wherever they stand in it')
    .option('--sbom <file>', 'a bill of material: CycloneDX 1.2 to 1.7 or SPDX 2.2 and 2.3, as JSON')
    .option(
      '--image <reference>',
      'an image, read layer by layer: of a registry, with the logins of docker; or a path of an OCI layout or an archive of docker save',
    )
    .requiredOption(
      '--advisories <folder|zip|url>',
      'OSV records: a folder of JSON files or archives, an archive (all.zip), or its https URL',
    )
    .option('--policy <file>', 'a ClusterScanPolicy, as YAML: it refuses or not')
    .addOption(
      new Option('-o, --output <format>', 'table for people, the others for programs')
        .choices(['table', 'json', 'sarif', 'openvex'])
        .default('table'),
    )
    .addHelpText(
      'after',
      '\nExit codes: 0 not refused, whatever was found; 1 an error, or input that could not be read whole; 2 refused by the policy.' +
        '\n\nExamples:' +
        '\n  carto scan --sbom app.cdx.json --advisories advisories/' +
        '\n  carto scan . --advisories https://example.com/npm/all.zip -o json',
    )
    .action(async (folder: string | undefined, options) => {
      await (await import('./scan/scan-command.ts')).runScan(folder, options, terminal);
    });
}

function list(text: string): readonly string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function parts(text: string): readonly InstallPart[] {
  return list(text).map((name) => {
    const part = INSTALL_PARTS.find((known) => known === name);
    if (part === undefined) throw new InvalidArgumentError(`parts are ${INSTALL_PARTS.join(', ')}.`);
    return part;
  });
}

/** Milliseconds. */
function timeSpan(text: string): number {
  const ms = spanMs(text);
  if (ms === undefined || ms < LEAST_SPAN_MS) throw new InvalidArgumentError('give a span of 1s or more, like 10m.');
  return ms;
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('a port is a number from 0 to 65535.');
  return port;
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('give a whole number of 1 or more.');
  return value;
}
