import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { silentLog } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { expect, test } from 'vitest';

import { createCore } from '../../core/create-core.ts';
import { openSqliteStore } from '../../core/storage/sqlite-store.ts';
import { RbacIndex } from '../auth/rbac-index.ts';
import { startRbacFeed, systemCaller } from './rbac-feed.ts';

const GROUP = 'rbac.authorization.k8s.io';

test('a role that goes and comes back is known, however late the event of its going comes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'carto-rbac-feed-'));
  const clock = createFakeClock();
  const core = await createCore({ store: openSqliteStore(folder), clock, log: silentLog });
  const index = new RbacIndex();
  const stop = new AbortController();
  const { observer, ended } = await startRbacFeed({ core, index, clock, log: silentLog, signal: stop.signal });
  try {
    const info = core.registry.find(GROUP, 'v1', 'clusterroles');
    if (info === undefined) throw new Error('cluster roles are always served');
    const caller = systemCaller('test');
    const make = async (name: string, labels = {}): Promise<void> => {
      const rules = [{ apiGroups: [''], resources: [name], verbs: ['get'] }];
      const { object } = await core.create(info, undefined, { metadata: { name, labels }, rules }, {}, caller);
      observer.written(info, object);
    };
    const rules = () => index.rulesOf({ roleKind: 'ClusterRole', roleName: 'back' });
    await make('back');
    // The feed is busy with writing the rules of this one into all roles that are made of others.
    await make('part', { [`${GROUP}/aggregate-to-view`]: 'true' });
    const gone = await core.delete(info, { name: 'back' }, {}, caller);
    observer.removed(info, gone.object);
    expect(rules()).toBeUndefined();
    await make('back');
    await expect
      .poll(() => core.get(info, { name: 'admin' })['rules'])
      .toContainEqual(expect.objectContaining({ resources: ['part'] }));
    await core.settled();
    await new Promise(setImmediate);
    expect(rules()).toHaveLength(1);
  } finally {
    stop.abort();
    await ended;
    await core.close();
    await rm(folder, { recursive: true, force: true });
  }
});
