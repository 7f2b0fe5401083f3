import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chainStage, run } from './testing/chain-stage.ts';

const screen = (name: string): string => join(import.meta.dirname, 'testing/screens', `${name}.txt`);

describe('carto chain', () => {
  it('lists, shows and draws chains, with and without the states of an owner', async () => {
    await using at = await chainStage();
    for (const columns of [80, 120]) {
      for (const colour of [false, true]) {
        for (const [name, argv] of [
          ['list', ['chain', 'list']],
          ['get', ['chain', 'get', 'web-app']],
          ['graph', ['chain', 'graph', 'web-app']],
          ['graph-owner', ['chain', 'graph', '--owner', 'shop']],
        ] as const) {
          const { code, out, err } = await run(at, argv, { columns, colour });
          expect([name, code, err]).toEqual([name, 0, '']);
          await expect(out).toMatchFileSnapshot(screen(`${name}-${columns}${colour ? '-colour' : ''}`));
        }
      }
    }
    await expect((await run(at, ['csc', 'list'], { columns: 20 })).out).toMatchFileSnapshot(screen('list-20'));
  });

  it('prints graphs for Mermaid and for programs', async () => {
    await using at = await chainStage();
    await expect((await run(at, ['chain', 'graph', 'web-app', '-o', 'mermaid'])).out).toMatchFileSnapshot(
      screen('mermaid'),
    );
    const owned = await run(at, ['chain', 'graph', 'supply-chain/simple', '--owner', 'shop', '-o', 'mermaid']);
    await expect(owned.out).toMatchFileSnapshot(screen('mermaid-owner'));
    const value = JSON.parse((await run(at, ['chain', 'graph', '--owner', 'shop', '-o', 'json'])).out) as {
      readonly owner: object;
      readonly steps: readonly { readonly step: string; readonly state: string }[];
    };
    expect(value).toMatchObject({ blueprint: { kind: 'ClusterSupplyChain', name: 'simple' }, loops: [], dangling: [] });
    expect(value.steps.map(({ step, state }) => [step, state])).toEqual([
      ['source', 'ready'],
      ['lint', 'ready'],
      ['scan', 'running'],
      ['end', 'waiting'],
    ]);
    expect((await run(at, ['chain', 'list', '-o', 'name'])).out).toContain('clustersupplychain.carto.run/web-app\n');
    expect((await run(at, ['chain', 'get', 'twin', '-o', 'jsonpath={.spec.selector.type}'])).out).toBe('twin\n');
  });

  it('draws what leads round and round, and what leads nowhere, with a warning', async () => {
    await using at = await chainStage();
    const { code, out } = await run(at, ['chain', 'graph', 'ring'], { columns: 80 });
    await expect(out).toMatchFileSnapshot(screen('ring'));
    expect(code).toBe(0);
    await expect((await run(at, ['chain', 'get', 'delivery/simple'], { columns: 80 })).out).toMatchFileSnapshot(
      screen('get-missing'),
    );
  });

  it.each([
    [['get', 'simple'], 1, /both have the name "simple": say supply-chain\/simple or delivery\/simple/],
    [['get', 'nobody'], 3, /there is no supply chain and no delivery "nobody" \(context test\): see carto chain list/],
    [['get', 'delivery/web-app'], 3, /there is no ClusterDelivery "web-app"/],
    [['get', 'workload/x'], 1, /give NAME, supply-chain\/NAME or delivery\/NAME/],
    [['get', 'csc/'], 1, /give the name of a supply chain or a delivery/],
    [['graph'], 1, /name a supply chain or a delivery, or an owner by --owner/],
    [['graph', '--owner', 'lonely'], 3, /workload default\/lonely follows no chain yet: see carto match lonely/],
    [['graph', 'web-app', '--owner', 'shop'], 1, /workload default\/shop follows simple, not web-app/],
    [['graph', '--owner', 'missing'], 3, /workloads\.carto\.run "missing" not found/],
    [['graph', '--owner', 'runnable/x'], 1, /a Runnable has no chain/],
    [['list', '-o', 'xml'], 1, /none of json/],
  ])('chain %j ends with %i and says why', async (argv, code, says) => {
    await using at = await chainStage();
    const ran = await run(at, ['chain', ...argv]);
    expect(ran.err).toMatch(says);
    expect([ran.code, ran.out]).toEqual([code, '']);
  });

  it('says that owners are not counted where they may not be read, and lists all the same', async () => {
    await using at = await chainStage();
    at.faults.inject({
      when: ({ path }) => path.endsWith('/workloads'),
      fault: { kind: 'status', code: 403, message: 'workloads is forbidden' },
    });
    const { code, out, err } = await run(at, ['chain', 'list']);
    expect([code, err]).toEqual([0, 'owners are not counted: workloads is forbidden\n']);
    expect(out).toMatch(/web-app +ClusterSupplyChain +\S+ +\? /);
  });
});
