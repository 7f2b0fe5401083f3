import type { KubeObject, Log } from '@cartographer/machinery';
import { silentLog } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { createClient } from '../client/client.ts';
import { createScriptedCollection, things } from '../testing/scripted-collection.ts';
import { createInProcessTransport } from '../transport/in-process-transport.ts';
import type { InformerEvent, InformerOptions } from './informer.ts';
import { createInformer } from './informer.ts';

function setup(options: Partial<InformerOptions> = {}) {
  const clock = createFakeClock();
  const collection = createScriptedCollection();
  const client = createClient({ transport: createInProcessTransport((request) => collection.handle(request)), clock });
  const random = (): number => 0.5;
  const informer = createInformer({ client, type: things, clock, log: silentLog, random, freeze: true, ...options });
  const events: string[] = [];
  informer.onEvent((event) => events.push(describeEvent(event)));
  const abort = new AbortController();
  const start = (): Promise<void> => informer.run(abort.signal);
  return { clock, collection, informer, events, abort, start };
}

const describeEvent = ({ type, object, initial }: InformerEvent): string =>
  `${type} ${object.metadata.name}${initial ? ' (initial)' : ''}`;

describe('informer', () => {
  it('lists in pages, then follows the watch', async () => {
    const { clock, collection, informer, events, abort, start } = setup({ bounds: { pageSize: 2 } });
    for (const name of ['a', 'b', 'c', 'd', 'e']) collection.put(name);
    expect(informer.hasSynced()).toBe(false);
    const running = start();
    await informer.synced;
    expect(informer.list().map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(collection.requests.map(({ query }) => query?.['limit'])).toEqual(['2', '2', '2']);
    await clock.settle();
    collection.put('f');
    collection.put('a');
    collection.remove('b');
    await clock.settle();
    expect(events).toEqual([
      ...['a', 'b', 'c', 'd', 'e'].map((name) => `added ${name} (initial)`),
      'added f',
      'updated a',
      'deleted b',
    ]);
    expect(informer.resourceVersion).toBe(String(collection.version));
    abort.abort();
    await running;
    expect(informer.state().phase).toBe('stopped');
    expect(collection.openWatches).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('asks for a consistent list and a watch with bookmarks', async () => {
    const { clock, collection, informer, abort, start } = setup({ namespace: 'team', labelSelector: 'a=b' });
    collection.put('a');
    const running = start();
    await informer.synced;
    await clock.settle();
    expect(collection.requests.map(({ path, query }) => [path, query])).toEqual([
      ['/apis/acme.dev/v1/namespaces/team/things', { labelSelector: 'a=b', limit: '500' }],
      [
        '/apis/acme.dev/v1/namespaces/team/things',
        {
          watch: 'true',
          labelSelector: 'a=b',
          resourceVersion: '101',
          allowWatchBookmarks: 'true',
          timeoutSeconds: '45',
        },
      ],
    ]);
    abort.abort();
    await running;
  });

  it('drops managed fields and completes what lists of built-in kinds leave out', async () => {
    const { collection, informer, abort, start } = setup();
    collection.put('a', { kind: undefined, apiVersion: undefined, data: { k: 'v' } });
    const running = start();
    await informer.synced;
    const object = informer.get('team/a');
    expect(object).toMatchObject({ apiVersion: 'acme.dev/v1', kind: 'Thing', data: { k: 'v' } });
    expect(object?.metadata.managedFields).toBeUndefined();
    expect(Object.isFrozen(object?.['data'])).toBe(true);
    abort.abort();
    await running;
  });

  it('keeps indexes true through changes and deletions', async () => {
    const { clock, collection, informer, abort, start } = setup({
      indexes: { colour: (object) => (typeof object['colour'] === 'string' ? [object['colour']] : []) },
    });
    const names = (colour: string): unknown[] =>
      informer.byIndex('colour', colour).map(({ metadata }) => metadata.name);
    collection.put('a', { colour: 'red' });
    collection.put('b', { colour: 'red' });
    const running = start();
    await informer.synced;
    await clock.settle();
    expect(names('red')).toEqual(['a', 'b']);
    collection.put('a', { colour: 'constructor' });
    collection.remove('b');
    await clock.settle();
    expect([names('red'), names('constructor'), names('__proto__')]).toEqual([[], ['a'], []]);
    expect(() => informer.byIndex('size', 'x')).toThrow('there is no index "size"');
    abort.abort();
    await running;
  });

  it('tells a late handler what is there, and survives one that throws', async () => {
    const { clock, collection, informer, events, abort, start } = setup();
    collection.put('a');
    const running = start();
    await informer.synced;
    const late: string[] = [];
    informer.onEvent(() => {
      throw new Error('broken handler');
    });
    const stop = informer.onEvent((event) => late.push(describeEvent(event)));
    await clock.settle();
    collection.put('b');
    await clock.settle();
    stop();
    collection.put('c');
    await clock.settle();
    expect(late).toEqual(['added a (initial)', 'added b']);
    expect(events).toEqual(['added a (initial)', 'added b', 'added c']);
    abort.abort();
    await running;
  });

  it('does not freeze what it stores where nobody asks for it', async () => {
    const { collection, informer, abort, start } = setup({ freeze: undefined });
    collection.put('a', { data: {} });
    const running = start();
    await informer.synced;
    expect(Object.isFrozen(informer.get('team/a')?.['data'])).toBe(false);
    abort.abort();
    await running;
  });

  it('asks for the objects of its field selector alone', async () => {
    const { clock, collection, abort, start } = setup({ fieldSelector: 'metadata.name=a' });
    const running = start();
    await clock.settle();
    expect(collection.requests.map(({ query }) => query?.['fieldSelector'])).toEqual([
      'metadata.name=a',
      'metadata.name=a',
    ]);
    abort.abort();
    await running;
  });

  it('keeps an object as it is that has its kind and no managed fields', async () => {
    const { collection, informer, abort, start } = setup({ freeze: false });
    const { managedFields: _, ...metadata } = collection.put('a').metadata;
    const object = collection.put('a', { metadata });
    const running = start();
    await informer.synced;
    expect(informer.get('team/a')).toBe(object);
    abort.abort();
    await running;
  });

  it('tells each handler nothing twice, and the handlers that are left what comes after one has gone', async () => {
    const { clock, collection, informer, abort, start } = setup();
    const running = start();
    await informer.synced;
    await clock.settle();
    const told: string[] = [];
    const stop = informer.onEvent((event) => told.push(`one ${describeEvent(event)}`));
    informer.onEvent((event) => told.push(`two ${describeEvent(event)}`));
    collection.put('a');
    await clock.settle();
    stop();
    collection.put('b');
    await clock.settle();
    expect(told).toEqual(['one added a', 'two added a', 'two added b']);
    abort.abort();
    await running;
  });

  it('runs once', async () => {
    const { informer, abort, start } = setup();
    const running = start();
    await expect(start()).rejects.toThrow('the informer of things.acme.dev runs already');
    await informer.synced;
    abort.abort();
    await running;
  });

  it('tells as initial what the first list had, and nothing that came later, by a list or a watch', async () => {
    const { clock, collection, informer, events, abort, start } = setup();
    collection.put('a');
    const running = start();
    await informer.synced;
    await clock.settle();
    collection.put('b');
    await clock.settle();
    collection.endWatches();
    collection.put('c');
    await informer.refresh();
    expect(events).toEqual(['added a (initial)', 'added b', 'added c']);
    abort.abort();
    await running;
  });

  it('stores an object whole that its transform fails on, and all others reduced', async () => {
    const errors: string[] = [];
    const log: Log = { ...silentLog, error: (fields, text) => errors.push(`${text}: ${JSON.stringify(fields)}`) };
    const transform = (object: KubeObject): KubeObject => {
      if (object.metadata.name === 'bad') throw new Error('no such field');
      return { ...object, reduced: true };
    };
    const { collection, informer, abort, start } = setup({ log, transform, freeze: false });
    collection.put('bad');
    collection.put('good');
    const running = start();
    await informer.synced;
    expect(informer.list().map((object) => [object.metadata.name, object['reduced']])).toEqual([
      ['bad', undefined],
      ['good', true],
    ]);
    expect(errors).toEqual([expect.stringMatching(/^transform failed: .*team\/bad.*no such field/)]);
    expect(Object.isFrozen(informer.get('team/good'))).toBe(false);
    abort.abort();
    await running;
  });

  it('lets one caller give up a refresh, and has nothing to refresh once it has stopped', async () => {
    const { clock, collection, informer, abort, start } = setup();
    const running = start();
    await informer.synced;
    await clock.settle();
    const impatient = new AbortController();
    const refreshed = informer.refresh(impatient.signal);
    const patient = informer.refresh();
    impatient.abort(new Error('no time'));
    await expect(refreshed).rejects.toThrow('no time');
    await patient;
    abort.abort(new Error('stopped'));
    await running;
    const asked = collection.requests.length;
    await expect(informer.refresh()).rejects.toThrow('stopped');
    expect(collection.requests.length - asked).toBeLessThanOrEqual(1);
  });

  it('re-opens a watch that the server ends in time, from the bookmark, without a list', async () => {
    const { clock, collection, informer, events, abort, start } = setup();
    collection.put('a');
    const running = start();
    await informer.synced;
    await clock.settle();
    for (let i = 0; i < 5; i++) {
      await clock.advance(44_000);
      collection.bookmark();
      await clock.advance(500);
      collection.endWatches();
      await clock.settle();
    }
    collection.put('b');
    await clock.settle();
    expect(events).toEqual(['added a (initial)', 'added b']);
    expect(informer.state()).toMatchObject({ phase: 'watching', lists: 1, watches: 6 });
    abort.abort();
    await running;
  });

  it('refreshes once for callers at the same time, and repairs what a watch did not tell', async () => {
    const { clock, collection, informer, events, abort, start } = setup();
    collection.put('a');
    collection.put('b');
    const running = start();
    await informer.synced;
    await clock.settle();
    collection.endWatches();
    collection.put('c');
    collection.remove('a');
    const before = informer.state().lists;
    await Promise.all([informer.refresh(), informer.refresh(), informer.refresh(abort.signal)]);
    expect(informer.list().map(({ metadata }) => metadata.name)).toEqual(['b', 'c']);
    expect(informer.state().lists - before).toBe(1);
    await clock.advance(1_000);
    expect(events).toEqual(['added a (initial)', 'added b (initial)', 'added c', 'deleted a']);
    abort.abort();
    await running;
  });
});
