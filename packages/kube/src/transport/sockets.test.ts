import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WatchEvent, WireRequest } from '@cartographer/machinery';
import { silentLog } from '@cartographer/machinery';
import type { FaultProxy } from '@cartographer/testkit';
import { startFaultProxy } from '@cartographer/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Informer } from '../cache/informer.ts';
import { createInformer } from '../cache/informer.ts';
import { createClient } from '../client/client.ts';
import type { ScriptedCollection } from '../testing/scripted-collection.ts';
import { createScriptedCollection, things } from '../testing/scripted-collection.ts';
import { staticCredentials } from './cluster-access.ts';
import { createHttpTransport } from './http-transport.ts';
import { systemClock } from './system-clock.ts';

let collection: ScriptedCollection;
let proxy: FaultProxy;
let informer: Informer;
let stop: () => Promise<void>;

/** A real server behind a proxy that breaks connections, and an informer on the other side. */
beforeEach(async () => {
  collection = createScriptedCollection();
  collection.put('a');
  const server = createServer((request, response) => void answer(collection, request, response));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  proxy = await startFaultProxy((server.address() as AddressInfo).port);
  const access = { server: `http://127.0.0.1:${proxy.port}`, credentials: staticCredentials({}), namespace: 'default' };
  const transport = createHttpTransport(access, { requestTimeoutMs: 1_000 });
  informer = createInformer({
    client: createClient({ transport, clock: systemClock }),
    type: things,
    clock: systemClock,
    log: silentLog,
    bounds: { firstRetryMs: 5, longestRetryMs: 50, listTimeoutMs: 500, watchSeconds: 1, stallGraceMs: 100 },
  });
  const abort = new AbortController();
  const running = informer.run(abort.signal);
  stop = async () => {
    abort.abort();
    await running;
    await transport.close();
    await proxy.close();
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  };
  await informer.synced;
  await until(() => collection.openWatches === 1);
});
afterEach(() => stop());

async function answer(served: ScriptedCollection, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(message.url ?? '/', 'http://localhost');
  const abort = new AbortController();
  response.on('close', () => abort.abort());
  const query = Object.fromEntries(url.searchParams);
  const request: WireRequest = { method: 'GET', path: url.pathname, query, signal: abort.signal };
  const { status, body, events } = await served.handle(request);
  response.writeHead(status, { 'content-type': 'application/json' });
  if (events === undefined) return void response.end(JSON.stringify(body));
  response.flushHeaders();
  for await (const event of events satisfies AsyncIterable<WatchEvent>) response.write(`${JSON.stringify(event)}\n`);
  response.end();
}

async function until(condition: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadlineMs) throw new Error('it did not happen within 10 s');
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
}

const sees = (name: string): Promise<void> => until(() => informer.get(`team/${name}`) !== undefined);

describe('an informer over real sockets', () => {
  it('follows through the proxy', async () => {
    collection.put('b');
    await sees('b');
  });

  it('survives resets of all connections', async () => {
    proxy.resetAll();
    collection.put('b');
    await sees('b');
    expect(informer.state().lists).toBe(1);
  });

  it('survives connections that end in the middle of an event', async () => {
    proxy.cutAfterBytes(40);
    collection.put('b');
    await sees('b');
    expect(informer.state().lists).toBe(1);
  });

  it('survives a server that ends all connections', async () => {
    proxy.endAll();
    collection.put('b');
    await sees('b');
  });

  it('survives a server that is away for a while', async () => {
    proxy.setMode({ kind: 'refuse' });
    proxy.resetAll();
    collection.put('b');
    await until(() => informer.state().phase === 'retrying');
    proxy.setMode({ kind: 'pass' });
    await sees('b');
  });

  it('notices connections that are half-open, old and new', async () => {
    proxy.setMode({ kind: 'black-hole' });
    collection.put('b');
    await until(() => informer.state().phase === 'retrying');
    expect(informer.state().error).toMatchObject({ code: 'CARTO_TIMEOUT' });
    proxy.setMode({ kind: 'pass' });
    await sees('b');
  });

  it('survives a slow network', async () => {
    proxy.setMode({ kind: 'delay', ms: 20 });
    collection.put('b');
    await sees('b');
  });
});
