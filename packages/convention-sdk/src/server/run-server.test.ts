import { EventEmitter } from 'node:events';
import { selfSigned } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { ask } from '../testing/ask.ts';
import { basic } from '../testing/sample-conventions.ts';
import { runConventionServer } from './run-server.ts';

describe('the program of a convention server', () => {
  it.each(['SIGTERM', 'SIGINT'])('serves until it is told to end by %s', async (signal) => {
    const { certPem, keyPem } = await selfSigned(['127.0.0.1']);
    const signals = new EventEmitter();
    const said: string[] = [];
    const ended = runConventionServer(
      {
        port: 0,
        host: '127.0.0.1',
        cert: certPem,
        key: keyPem,
        conventions: [basic],
        log: ({ message }) => void said.push(message),
      },
      signals,
    );
    await expect.poll(() => said).toEqual([expect.stringMatching(/^serving add-env-var on port \d+$/)]);
    const port = Number(/\d+$/.exec(said[0] ?? '')?.[0]);
    expect((await ask({ port, ca: certPem, path: '/healthz' })).status).toBe(200);
    signals.emit(signal);
    await ended;
    expect(said.slice(1)).toEqual(['stopped']);
    // The next signal is not kept from ending the process.
    expect(signals.eventNames()).toEqual([]);
    await expect(ask({ port, ca: certPem, path: '/healthz' })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
