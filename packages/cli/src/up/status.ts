import { carto } from '@cartographer/api';
import { type Client, isNotFound } from '@cartographer/kube';
import {
  type JsonObject,
  type KubeObject,
  listAt,
  objectKey,
  type ResourceType,
  textAt,
} from '@cartographer/machinery';
import { EXIT } from '../frame/exit-codes.ts';
import type { Surroundings } from '../frame/surroundings.ts';
import { connect } from '../process/cluster-client.ts';
import type { Run } from '../running/running.ts';
import { ageSince } from '../screen/ages.ts';
import { printValue } from '../screen/print-objects.ts';
import { createStyle } from '../screen/style.ts';
import { keyValueLines, tableLines } from '../screen/table.ts';
import { nothingRuns, runNamed } from './down.ts';
import { appUrls, KNATIVE_SERVICES } from './running-apps.ts';
import { shortPath } from './short-path.ts';

/** Flags of `carto status`. */
export type StatusOptions = { readonly data?: string; readonly output?: 'json' | 'yaml'; readonly color: boolean };

/** A workload of a running `carto up`. */
type WorkloadStanding = {
  readonly workload: string;
  readonly ready: 'True' | 'False' | 'Unknown';
  readonly message: string;
  /** Where its app answers. */
  readonly url?: string;
};

/** `carto status`: which `carto up` runs here, and how its workloads stand. Exit code 3 when none runs. */
export async function runStatus(options: StatusOptions, surroundings: Surroundings): Promise<void> {
  const { terminal, cwd } = surroundings;
  const run = await runNamed(options.data, surroundings);
  if (run === undefined) {
    if (options.output === undefined) throw nothingRuns(options.data, cwd);
    terminal.out(printValue({ running: false }, options.output));
    terminal.exitCode = EXIT.notFound;
    return;
  }
  const connection = await connect({ kubeconfig: run.kubeconfig });
  try {
    const workloads = await standingsOf(connection.client);
    const text =
      options.output === undefined
        ? screen(run, workloads, options, surroundings)
        : printValue({ running: true, ...shown(run), workloads }, options.output);
    terminal.out(text);
  } finally {
    await connection.close();
  }
}

/** Without the certificate, which says nothing to a reader. */
function shown({ caPem: _certificate, ...run }: Run): JsonObject {
  return run;
}

function screen(
  run: Run,
  workloads: readonly WorkloadStanding[],
  { color }: StatusOptions,
  { terminal, clock, cwd }: Surroundings,
): string {
  const style = createStyle(terminal.colour && color);
  const running = { text: `running for ${ageSince(run.startedAt, clock.now())}`, paint: style.good };
  const lines = keyValueLines(
    [
      ['carto up', running],
      ['folder', shortPath(run.dir, cwd)],
      ['server', run.server],
      ['kubeconfig', shortPath(run.kubeconfig, cwd)],
      ['process', `${run.pid}`],
      ['version', run.version],
    ],
    terminal.columns,
  );
  const paint = { True: style.good, False: style.bad, Unknown: style.info };
  const table = tableLines(
    {
      head: ['WORKLOAD', 'READY', 'URL', 'MESSAGE'],
      rows: workloads.map(({ workload, ready, url = '', message }) => [
        workload,
        { text: ready, paint: paint[ready] },
        url,
        message,
      ]),
    },
    style,
    terminal.columns,
  );
  return [...lines, '', ...(workloads.length === 0 ? ['no workloads'] : table)].map((line) => `${line}\n`).join('');
}

async function standingsOf(client: Client): Promise<readonly WorkloadStanding[]> {
  const services = await all(client, KNATIVE_SERVICES).catch((error: unknown) => {
    if (isNotFound(error)) return []; // without the laptop's tools nobody serves the kind
    throw error;
  });
  const urls = appUrls(services);
  const workloads = await all(client, carto.kinds.Workload);
  return workloads.map((workload) => standingOf(workload, urls.get(objectKey(workload.metadata)) ?? ''));
}

function standingOf(workload: KubeObject, url: string): WorkloadStanding {
  const ready = listAt(workload['status'], 'conditions').find((condition) => textAt(condition, 'type') === 'Ready');
  const status = textAt(ready, 'status');
  return {
    workload: objectKey(workload.metadata),
    ready: status === 'True' || status === 'False' ? status : 'Unknown',
    message: textAt(ready, 'message'),
    ...(url === '' ? {} : { url }),
  };
}

async function all(client: Client, type: ResourceType): Promise<readonly KubeObject[]> {
  const { items } = await client.list(type);
  return items;
}
