import { CartoError, silentLog } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { type Runnable, runInOrder } from './manager.ts';

function part(name: string, story: string[], extra: Partial<Runnable> = {}): Runnable {
  return {
    name,
    run: (signal) =>
      new Promise((resolve) => {
        story.push(`${name} starts`);
        signal.addEventListener('abort', () => {
          story.push(`${name} ends`);
          resolve();
        });
      }),
    ...extra,
  };
}

describe('running parts in order', () => {
  it('starts a group when the one before it is ready and stops them last first', async () => {
    const story: string[] = [];
    const stop = new AbortController();
    await runInOrder(
      [[part('cache', story, { ready: async () => void story.push('cache ready') })], [part('controller', story)]],
      {
        clock: createFakeClock(),
        log: silentLog,
        signal: stop.signal,
        onReady: () => {
          story.push('all ready');
          stop.abort();
        },
      },
    );
    expect(story).toEqual([
      'cache starts',
      'cache ready',
      'controller starts',
      'all ready',
      'controller ends',
      'cache ends',
    ]);
  });

  it('ends everything when a part fails, with that part’s error', async () => {
    const story: string[] = [];
    const failing = part('server', story, {
      run: () => Promise.reject(new CartoError('CARTO_PORT_IN_USE', 'port 1 is in use')),
    });
    const outcome = runInOrder([[part('cache', story)], [failing]], {
      clock: createFakeClock(),
      log: silentLog,
      signal: new AbortController().signal,
    });
    await expect(outcome).rejects.toThrow('port 1 is in use');
    expect(story).toEqual(['cache starts', 'cache ends']);
  });

  it('can be stopped while a part is still not ready', async () => {
    const story: string[] = [];
    const stop = new AbortController();
    const running = runInOrder(
      [[part('cache', story, { ready: () => new Promise(() => undefined) })], [part('controller', story)]],
      {
        clock: createFakeClock(),
        log: silentLog,
        signal: stop.signal,
      },
    );
    stop.abort();
    await running;
    expect(story).toEqual(['cache starts', 'cache ends']);
  });

  it('names a part that ends by itself', async () => {
    const outcome = runInOrder([[{ name: 'reflector', run: async () => undefined }]], {
      clock: createFakeClock(),
      log: silentLog,
      signal: new AbortController().signal,
    });
    await expect(outcome).rejects.toThrow('reflector ended by itself');
  });
});
