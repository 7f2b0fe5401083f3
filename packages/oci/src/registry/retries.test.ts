import { afterEach, describe, expect, it } from 'vitest';
import { digestOf } from '../content/digest.ts';
import { mediaTypes } from '../content/media-types.ts';
import {
  answerWith,
  createRegistryStage,
  type Play,
  type PlayedRegistry,
  refuseWith,
} from '../testing/played-registry.ts';
import { retryAfterMs } from './refusals.ts';
import type { Repository } from './registry-client.ts';

const { signal } = new AbortController();
const stage = createRegistryStage();
afterEach(() => stage.close());

const head = {
  'content-type': mediaTypes.manifest,
  'content-length': '2',
  'docker-content-digest': digestOf('{}'),
};

/** A registry that answers with each of the plays once, and then as it should. */
async function after(...plays: readonly Play[]): Promise<{ repository: Repository; registry: PlayedRegistry }> {
  let at = 0;
  const registry = await stage.play((request, response, line) => {
    const play = plays[at];
    at += 1;
    if (play === undefined) response.writeHead(200, head).end();
    else play(request, response, line);
  });
  const repository = stage.client([registry]).repository({ registry: registry.host, repository: 'app' });
  return { repository, registry };
}
const refusing =
  (status: number, headers: Readonly<Record<string, string>> = {}): Play =>
  (_request, response) =>
    refuseWith(response, status, 'DENIED', headers);

describe('a registry that fails for a while', () => {
  it.each<[string, Play]>([
    ['429', refusing(429)],
    ['500', refusing(500)],
    ['502', refusing(502)],
    ['503', refusing(503)],
    ['504', refusing(504)],
    ['408', refusing(408)],
    ['a connection that breaks off', (request) => request.socket.destroy()],
    ['a connection that breaks off in the middle', (request) => request.socket.end('HTTP/1.1 200 OK\r\nconte')],
  ])('is asked again: %s', async (_name, play) => {
    const { repository, registry } = await after(play, play);
    expect((await repository.resolve('v1', signal)).digest).toBe(digestOf('{}'));
    expect(registry.lines()).toHaveLength(3);
    expect(stage.waits).toEqual([500, 1_000]);
  });

  it.each([400, 401, 403, 404, 405, 416])('is not asked again after %i', async (status) => {
    const { repository, registry } = await after(refusing(status));
    await expect(repository.resolve('v1', signal)).rejects.toMatchObject({ status });
    expect(registry.lines()).toHaveLength(1);
  });

  it('is given up on after five attempts', async () => {
    const { repository, registry } = await after(...Array.from({ length: 9 }, () => refusing(503)));
    await expect(repository.resolve('v1', signal)).rejects.toMatchObject({ reason: 'Unavailable', status: 503 });
    expect(registry.lines()).toHaveLength(5);
    expect(stage.waits).toEqual([500, 1_000, 2_000, 4_000]);
  });

  it('is waited for as long as it says', async () => {
    const { repository } = await after(refusing(429, { 'retry-after': '7' }), refusing(503, { 'retry-after': '60' }));
    await repository.resolve('v1', signal);
    expect(stage.waits).toEqual([7_000, 60_000]);
  });

  it('is left to whoever called when it asks for more than a minute', async () => {
    const { repository, registry } = await after(refusing(429, { 'retry-after': '61' }));
    await expect(repository.resolve('v1', signal)).rejects.toMatchObject({
      reason: 'RateLimited',
      retry: 'after',
      afterMs: 61_000,
    });
    expect([registry.lines().length, stage.waits]).toEqual([1, []]);
  });

  it('is not waited for when the answer is not needed any more', async () => {
    const abort = new AbortController();
    const { repository } = await after((_request, response) => {
      abort.abort(new Error('not needed'));
      response.writeHead(503).end();
    });
    await expect(repository.resolve('v1', abort.signal)).rejects.toThrow('not needed');
  });

  it('names who does not listen', async () => {
    const { repository } = await after((_request, response) => answerWith(response, ''));
    await stage.close();
    const closed = await stage.play(() => undefined);
    const client = stage.client([closed], { attempts: 1 });
    const gone = client.repository({ registry: closed.host.replace(/\d+$/, '1'), repository: 'app' });
    await expect(gone.resolve('v1', signal)).rejects.toThrow(/^127.0.0.1:1 /);
    await expect(repository.resolve('v1', signal)).rejects.toBeInstanceOf(Error);
  });
});

describe('Retry-After', () => {
  const nowMs = Date.UTC(2026, 0, 2);
  const clock = {
    now: () => nowMs,
    monotonicMs: () => nowMs,
    schedule: () => () => undefined,
    sleep: () => Promise.resolve(),
  };
  it.each([
    ['120', 120_000],
    ['0', 0],
    ['Fri, 02 Jan 2026 00:00:30 GMT', 30_000],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 0],
    ['99999999', 3_600_000],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%j is %s', (header, ms) => {
    expect(retryAfterMs(header, clock)).toBe(ms);
  });
});
