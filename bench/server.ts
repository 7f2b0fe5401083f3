import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Client, createClient, createHttpTransport, staticCredentials, systemClock } from '@cartographer/kube';
import { type KubeObject, type ResourceType, stringifyJson } from '@cartographer/machinery';
import { type BenchCluster, httpsTransport, startCluster } from './cluster.ts';
import { median, type Row } from './row.ts';

const CONFIG_MAPS: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  resource: 'configmaps',
  namespaced: true,
};
const BATCH = 4_000;
const IN_FLIGHT = 32;
const RUNS = 5;

function configMap(name: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', labels: { app: 'bench' } },
    data: { value: 'some text of a usual length', other: '1' },
  };
}

/** Creates and watch events a second of the embedded server, in process and over HTTPS. */
export async function measureServer(): Promise<readonly Row[]> {
  const cluster = await startCluster();
  try {
    const inProcess = await perSecond((run, index) =>
      cluster.client.create(CONFIG_MAPS, configMap(`in-${run}-${index}`)),
    );
    const events = await watchEventsPerSecond(cluster);
    const http = await overHttp(cluster);
    const bareHttp = await bareHttpPerSecond();
    const bareJson = await perSecond(
      async (run, index) => JSON.parse(stringifyJson(configMap(`json-${run}-${index}`))) as unknown,
    );
    return [
      {
        name: 'embedded server, creates a second in process',
        value: inProcess,
        unit: '/s',
        floor: { name: 'JSON there and back', value: bareJson },
        goal: { of: 'value', atLeast: 20_000 },
      },
      {
        name: 'embedded server, creates a second over HTTPS',
        value: http,
        unit: '/s',
        floor: { name: 'bare HTTP server, same client', value: bareHttp },
        goal: { of: 'value', atLeast: 4_000 },
      },
      { name: 'embedded server, watch events a second to 10 watchers', value: events, unit: '/s' },
    ];
  } finally {
    await cluster.close();
  }
}

/** Median over several runs of a batch with a fixed number in flight. */
async function perSecond(act: (run: number, index: number) => Promise<unknown>): Promise<number> {
  const rates: number[] = [];
  for (let run = 0; run <= RUNS; run += 1) {
    const startedMs = performance.now();
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let index = next++; index < BATCH; index = next++) await act(run, index);
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
    if (run > 0) rates.push((BATCH * 1_000) / (performance.now() - startedMs));
  }
  return median(rates);
}

async function overHttp(cluster: BenchCluster): Promise<number> {
  const transport = await httpsTransport(cluster.server);
  const client: Client = createClient({ transport, clock: systemClock });
  const rate = await perSecond((run, index) => client.create(CONFIG_MAPS, configMap(`http-${run}-${index}`)));
  await transport.close();
  return rate;
}

async function bareHttpPerSecond(): Promise<number> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => response.writeHead(201, { 'content-type': 'application/json' }).end(Buffer.concat(chunks)));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const transport = createHttpTransport({
    server: `http://127.0.0.1:${port}`,
    namespace: 'default',
    credentials: staticCredentials({}),
  });
  const client = createClient({ transport, clock: systemClock });
  const rate = await perSecond((run, index) => client.create(CONFIG_MAPS, configMap(`bare-${run}-${index}`)));
  await transport.close();
  await new Promise<void>((resolve) => void server.close(() => resolve()));
  return rate;
}

const WATCHERS = 10;

async function watchEventsPerSecond({ client }: BenchCluster): Promise<number> {
  const stop = new AbortController();
  const { resourceVersion } = (await client.list(CONFIG_MAPS, { namespace: 'default', limit: 1 })).metadata;
  const all = Promise.all(
    Array.from({ length: WATCHERS }, async () => {
      let seen = 0;
      for await (const event of client.watch(CONFIG_MAPS, {
        namespace: 'default',
        resourceVersion,
        signal: stop.signal,
      })) {
        if (event.type === 'ADDED') seen += 1;
        if (seen === BATCH) return;
      }
    }),
  );
  const startedMs = performance.now();
  for (let index = 0; index < BATCH; index += 1) await client.create(CONFIG_MAPS, configMap(`watched-${index}`));
  await all;
  stop.abort();
  return (BATCH * WATCHERS * 1_000) / (performance.now() - startedMs);
}
