import { once } from 'node:events';
import { get } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { serveHealth } from './health.ts';
import { createControllerMetrics } from './metrics.ts';

describe('the health server', () => {
  it('answers ok, or 503 with each failing check, and exposes metrics', async () => {
    let wrong: string | undefined;
    const metrics = createControllerMetrics();
    metrics.queue('workload');
    const server = await serveHealth({
      host: '127.0.0.1',
      port: 0,
      live: [],
      ready: [{ name: 'caches', ask: () => wrong }],
      metrics,
    });
    const ask = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
      return `${response.status} ${(await response.text()).split('\n')[0]}`;
    };
    expect(await ask('/healthz')).toBe('200 ok');
    expect(await ask('/readyz?verbose')).toBe('200 ok');
    wrong = 'workloads are not synced';
    expect(await ask('/readyz')).toBe('503 caches: workloads are not synced');
    expect(await ask('/metrics')).toMatch(/^200 # HELP/);
    expect(await ask('/other')).toMatch(/^404 /);
    await server.close();
  });

  it.each([
    ['127.0.0.1', 421],
    ['0.0.0.0', 200],
  ])('on %s answers a request for another host with %i', async (host, status) => {
    const server = await serveHealth({ host, port: 0, live: [], ready: [] });
    const answer = await new Promise<number | undefined>((resolve, reject) => {
      const options = { host: '127.0.0.1', port: server.port, path: '/healthz', headers: { host: 'evil.example' } };
      get(options, (response) => resolve(response.resume().statusCode)).on('error', reject);
    });
    expect(answer).toBe(status);
    await server.close();
  });

  it('answers while others hold connections and say nothing, or read no answer', async () => {
    const metrics = createControllerMetrics();
    const server = await serveHealth({ host: '127.0.0.1', port: 0, live: [], ready: [], metrics, maxConnections: 3 });
    const open = async (text: string) => {
      const socket = connect({ host: '127.0.0.1', port: server.port }).on('error', () => undefined);
      await once(socket, 'connect');
      socket.write(text);
      return socket;
    };
    const sockets = [];
    for (const text of ['', 'GET /he', 'GET /metrics HTTP/1.1\r\nhost: h\r\n\r\n']) {
      for (let i = 0; i < 5; i += 1) sockets.push(await open(text));
    }
    expect((await fetch(`http://127.0.0.1:${server.port}/healthz`)).status).toBe(200);
    const { text } = await metrics.expose();
    const dropped = /cartographer_connections_dropped_total\{server="metrics",reason="limit"\} (?<count>\d+)/.exec(
      text,
    );
    expect(Number(dropped?.groups?.['count'])).toBeGreaterThanOrEqual(13);
    for (const socket of sockets) socket.destroy();
    await server.close();
  });

  it('says which port is in use and what to do', async () => {
    const options = { host: '127.0.0.1', live: [], ready: [] };
    const first = await serveHealth({ ...options, port: 0 });
    await expect(serveHealth({ ...options, port: first.port })).rejects.toThrow(
      `port ${first.port} on 127.0.0.1 is in use; stop what listens there or choose another port`,
    );
    await first.close();
  });
});
