import { join, resolve } from 'node:path';
import { crds } from '@cartographer/api';
import { type ApiServer, createApiServer } from '@cartographer/apiserver';
import { INSTALL_NAMES, startController } from '@cartographer/controller';
import { conventionsCrds } from '@cartographer/conventions';
import { jenkinsCrds } from '@cartographer/jenkins';
import { createClient, createInProcessTransport, createRestMapper, systemClock } from '@cartographer/kube';
import { laptopCrds, startLaptop } from '@cartographer/laptop';
import { type Log, rfc3339, stringifyJson, whenAborted } from '@cartographer/machinery';
import { createLog } from '@cartographer/runtime';
import { SCANNER_NAMES, scanningCrds } from '@cartographer/scanning';
import { createYtt } from '@cartographer/ytt';
import { stopOnSignals } from '../frame/stop-signal.ts';
import type { Surroundings } from '../frame/surroundings.ts';
import type { Questions } from '../parts/scanner-questions.ts';
import { openLogFile } from '../process/log-file.ts';
import { logLevel } from '../process/log-level.ts';
import { leaveWord, type Run } from '../running/running.ts';
import { VERSION } from '../running/version.ts';
import { cartoAdmission, knativeAdmission } from './admission.ts';
import { asController, asConventions, asJenkins, asScanner } from './controller-account.ts';
import { refuseSecond, reportTo, runDetached } from './detach.ts';
import { type Example, setUpExample } from './example.ts';
import { type Home, openHome } from './home.ts';
import { writeKubeconfig } from './kubeconfig-out.ts';
import { type Scanning, startScanning } from './parts/advisories.ts';
import { startConventionsPart } from './parts/conventions.ts';
import { startJenkinsPart } from './parts/jenkins.ts';
import { publishSourceRegistry } from './parts/source-registry.ts';
import { showFlows } from './screen.ts';
import { shortPath } from './short-path.ts';
import type { UpOptions } from './up-options.ts';
import { watchFlows } from './watch-flows.ts';

/** Something that was started and has to be ended. */
type Undo = () => Promise<void>;

/** Where the examples are, with the Secrets that parts may read. */
const EXAMPLE_NAMESPACE = 'default';
/** The log's size before it is set aside; one older file is kept. */
const LOG_BYTES = 16 * 1024 * 1024;

/**
 * `carto up`: starts everything, shows what flows, and ends everything again when it is told to stop. Started by
 * `carto up --detach`, it reports to that process instead of showing anything.
 */
export async function runUp(options: UpOptions, surroundings: Surroundings): Promise<void> {
  const level = logLevel(options.logLevel);
  await refuseSecond(options);
  if (options.detach) return runDetached(options, surroundings);
  const report = reportTo(process.env);
  const stop = stopOnSignals();
  const undo: Undo[] = [async () => stop.dispose()];
  try {
    const home = await openHome(options);
    undo.unshift(() => home.dispose());
    const file = await openLogFile(join(home.dir, 'carto.log'), { maxBytes: LOG_BYTES });
    const log = createLog({ level, destination: file });
    undo.unshift(() => file.close());
    await start(options, { home, log, signal: stop.signal, undo, report });
    await whenAborted(stop.signal);
    if (report === undefined) process.stdout.write('\nstopping\n');
  } finally {
    await endAll(undo);
  }
}

/** One part that cannot be ended in order does not keep the others from it. */
async function endAll(undo: readonly Undo[]): Promise<void> {
  for (const end of undo) {
    await end().catch((error: Error) => {
      process.stderr.write(`carto: ${error.message}\n`);
      process.exitCode = 1;
    });
  }
}

type Start = {
  readonly home: Home;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly undo: Undo[];
  /** Where to say that everything runs, instead of on the terminal. */
  readonly report: ReturnType<typeof reportTo>;
};

async function start(options: UpOptions, { home, log, signal, undo, report }: Start): Promise<void> {
  const clock = systemClock;
  const server = await createApiServer({
    ...(home.ephemeral ? {} : { data: join(home.dir, 'cluster') }),
    customResources: [
      ...crds(),
      ...scanningCrds(),
      ...conventionsCrds(),
      ...(options.jenkins === undefined ? [] : jenkinsCrds()),
      ...(options.laptop ? laptopCrds() : []),
    ],
    admission: [cartoAdmission, ...(options.laptop ? [knativeAdmission] : [])],
    authorization: options.authorization,
    ...(options.auditLog === undefined ? {} : { audit: await auditTo(options.auditLog, undo) }),
    clock,
    log,
  });
  undo.unshift(() => server.close());
  const { kubeconfig, run } = await listen(server, options, home);
  undo.unshift(await leaveWord(run));

  const transport = createInProcessTransport((request) => server.request(request), server.adminToken);
  const client = createClient({ transport, clock, userAgent: `carto/${VERSION}` });
  const mapper = createRestMapper({ client, clock });
  const ytt = createYtt({ clock, log: log.child({ part: 'ytt' }) });
  undo.unshift(() => ytt.close());
  const account = await asController({ client, mapper, clock, log, transport });
  const own = createClient({ transport: account, clock, userAgent: `carto-controller/${VERSION}` });
  const controller = startController({ client: own, mapper, clock, log, render: ytt.render });
  undo.unshift(() => controller.stop());
  const laptop = options.laptop
    ? await startLaptop({ client, clock, log, dataDir: join(home.dir, 'laptop') })
    : undefined;
  if (laptop !== undefined) {
    undo.unshift(() => laptop.stop());
    await publishSourceRegistry(client, laptop);
  }
  const scanning = await startScanning({
    client,
    transport: await asScanner({ client, mapper, clock, log, transport }),
    clock,
    log,
    dir: home.dir,
    ...(laptop === undefined ? {} : { hosts: laptop.hosts }),
    questionsPort: options.questionsPort ?? 0,
  });
  undo.unshift(() => scanning.scanner.stop());
  undo.unshift(await leaveWord({ ...run, questions: questionsAt(scanning.questions) }));
  const conventions = startConventionsPart({
    transport: await asConventions({ client, mapper, clock, log, transport }, EXAMPLE_NAMESPACE),
    clock,
    log,
    registry: laptop?.hosts.images,
  });
  undo.unshift(() => conventions.stop());
  if (options.jenkins !== undefined) {
    const own = await asJenkins({ client, mapper, clock, log, transport }, EXAMPLE_NAMESPACE);
    const { jenkins: url } = options;
    const place = { namespace: EXAMPLE_NAMESPACE, url, environment: process.env };
    const jenkins = await startJenkinsPart({ client, transport: own, clock, log, ...place });
    undo.unshift(() => jenkins.stop());
  }
  const example = options.laptop && options.example ? await setUpExample({ client, mapper, dir: home.dir }) : undefined;
  const isAsked = options.questionsPort !== undefined;
  const text = welcome(kubeconfig, example, { ...scanning, isAsked, isDetached: report !== undefined });
  if (report !== undefined) return report({ welcome: text });
  process.stdout.write(text);

  const flows = watchFlows({ client, clock, log, signal, apps: options.laptop });
  const hide = showFlows(flows, process.stdout, clock);
  undo.unshift(async () => hide());
}

async function listen(
  server: ApiServer,
  { port, kubeconfigOut }: UpOptions,
  { dir }: Home,
): Promise<{ readonly kubeconfig: string; readonly run: Run }> {
  const { url } = await server.listen({ host: '127.0.0.1', port });
  // The one in the data folder is for whoever finds the run by it, whatever becomes of the other.
  const own = join(dir, 'kubeconfig');
  const kubeconfig = resolve(kubeconfigOut ?? own);
  for (const file of new Set([own, kubeconfig])) await writeKubeconfig(file, server.kubeconfig(url));
  const startedAt = rfc3339(systemClock.now());
  const { caPem } = server;
  return {
    kubeconfig,
    run: { pid: process.pid, server: url, caPem, kubeconfig: own, dir, startedAt, version: VERSION },
  };
}

function questionsAt({ port }: Questions): Run['questions'] {
  const { questionsService } = SCANNER_NAMES;
  return { url: `https://127.0.0.1:${port}`, serverName: `${questionsService}.${INSTALL_NAMES.namespace}.svc` };
}

function welcome(
  kubeconfig: string,
  example: Example | undefined,
  {
    folder: advisories,
    questions,
    isAsked,
    isDetached,
  }: Scanning & { readonly isAsked: boolean; readonly isDetached: boolean },
): string {
  const file = short(kubeconfig);
  const lines = [
    `Cartographer is up. This is a development server on 127.0.0.1; ${isDetached ? '"carto down"' : 'Ctrl-C'} stops everything it started.`,
    '',
    `  look    kubectl --kubeconfig ${file} get workloads`,
    ...(example === undefined
      ? [`  a CVE   put OSV records into ${short(advisories)}; docs/scan-gate.md leads to a gate`]
      : exampleLines(example, file, { advisories, isDetached })),
    ...(isAsked
      ? [`  ask     https://127.0.0.1:${questions.port}; docs/scanning.md says what, and with which token`]
      : []),
    '',
  ];
  return `${lines.join('\n')}\n`;
}

function exampleLines(
  { repository, workload, advisory, changed }: Example,
  kubeconfig: string,
  { advisories, isDetached }: { readonly advisories: string; readonly isDetached: boolean },
): readonly string[] {
  const [namespace, name] = workload.split('/');
  const dir = short(repository);
  return [
    `          kubectl --kubeconfig ${kubeconfig} -n ${namespace} describe workload ${name}`,
    `  change  echo "Hello again" > ${dir}/message.txt`,
    `          git -C ${dir} commit -am "Say hello again"`,
    `          and watch it flow to the running app ${isDetached ? `with carto workload get ${name} --watch` : 'below'}`,
    `  a CVE   cp ${short(advisory)} ${short(advisories)}`,
    '          and watch the gate close; delete it there, and the gate opens; more in docs/scan-gate.md',
    ...changed.map(
      (name, index) => `${index === 0 ? '  kept    ' : '          '}${name}, which differs from the example`,
    ),
    ...(changed.length === 0 ? [] : ["          to get the example's back, delete it and start again"]),
  ];
}

function short(file: string): string {
  return shortPath(file, process.cwd());
}

/** Appends one JSON line per request; the file is what a test or a curious user counts writes from. */
async function auditTo(path: string, undo: Undo[]): Promise<(entry: object) => void> {
  const file = await openLogFile(path);
  undo.unshift(() => file.close());
  return (entry) => file.write(`${stringifyJson(entry)}\n`);
}
