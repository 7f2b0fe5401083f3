import { carto } from '@cartographer/api';
import type { KubeObject } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { type EditStage, stageEdits } from './testing/edit-stage.ts';
import { MADE } from './testing/update-table.ts';

const TYPE = carto.kinds.Workload;

function workload(name: string, app = 'shop', finalizers?: readonly string[]): KubeObject {
  const labels = { 'app.kubernetes.io/part-of': app };
  return { ...MADE, metadata: { name, namespace: 'default', labels, ...(finalizers && { finalizers }) } };
}

async function names({ client }: EditStage): Promise<readonly string[]> {
  return (await client.list(TYPE, { namespace: 'default' })).items
    .map(({ metadata }) => metadata.name ?? '')
    .toSorted();
}

describe('carto workload delete', () => {
  it('deletes what is named after asking, and names what is not there', async () => {
    await using at = await stageEdits([workload('web'), workload('api'), workload('job')]);
    const no = await at.run(['workload', 'delete', 'web'], { answers: ['n'] });
    expect([no.code, no.err]).toEqual([
      7,
      'target: context test\ndelete workload default/web in context test, and all that was made for it? [yN]: n\ncarto: nothing was changed\n',
    ]);
    const yes = await at.run(['workload', 'delete', 'web', 'gone', 'api', 'web'], { answers: ['y'] });
    expect([yes.code, yes.out]).toEqual([0, 'deleted workload default/web\ndeleted workload default/api\n']);
    expect(yes.err).toBe(
      'target: context test\nworkload default/gone does not exist\n  workload default/web\n  workload default/api\n' +
        'delete these 2 workloads in namespace default in context test, and all that was made for them? [yN]: y\n',
    );
    expect(await names(at)).toEqual(['job']);
    const none = await at.run(['workload', 'delete', 'gone', '--yes']);
    expect([none.code, none.out]).toEqual([3, '']);
  });

  it('deletes what a file names, a selector selects, or all of a namespace', async () => {
    await using at = await stageEdits([workload('web'), workload('a'), workload('b'), workload('c', 'other')]);
    const input = 'apiVersion: carto.run/v1alpha1\nkind: Workload\nmetadata: {name: web}\n';
    expect((await at.run(['workload', 'delete', '-f', '-', '--yes'], { input })).code).toBe(0);
    expect(await names(at)).toEqual(['a', 'b', 'c']);
    expect((await at.run(['workload', 'delete', '-l', 'app.kubernetes.io/part-of=shop', '--yes'])).code).toBe(0);
    expect(await names(at)).toEqual(['c']);
    expect((await at.run(['workload', 'delete', '--all', '--yes', '-n', 'other'])).code).toBe(3);
    expect((await at.run(['workload', 'delete', '--all', '--yes'])).code).toBe(0);
    expect(await names(at)).toEqual([]);
    const none = await at.run(['workload', 'delete', '-l', 'a=b', '--yes']);
    expect([none.code, none.err]).toEqual([
      3,
      'target: context test\nthere is no workload in namespace default that -l a=b selects\n',
    ]);
  });

  it('waits until they are gone, and says what holds one that stays', async () => {
    await using at = await stageEdits([workload('web'), workload('held', 'shop', ['example.com/hold'])]);
    expect((await at.run(['workload', 'delete', 'web', '--yes', '--wait'])).code).toBe(0);
    const held = await at.run(['workload', 'delete', 'held', '--yes', '--wait', '--wait-timeout', '1s']);
    expect([held.code, held.err.split('\n').at(-2)]).toEqual([
      5,
      'carto: workload default/held is still there: it waits for example.com/hold',
    ]);
  });

  it('leaves one of the same name alone that was made in between', async () => {
    await using at = await stageEdits([workload('web')]);
    at.faults.inject({
      when: ({ method }) => method === 'DELETE',
      fault: {
        kind: 'answer',
        answer: async (_, forward) => {
          await at.client.delete(TYPE, { namespace: 'default', name: 'web' });
          await at.client.create(TYPE, workload('web', 'new'));
          return forward();
        },
      },
    });
    const { code, err } = await at.run(['workload', 'delete', 'web', '--yes']);
    expect([code, err.split('\n').at(-2)]).toEqual([
      4,
      'carto: workload default/web: it was deleted and made anew in between; nothing was done to it',
    ]);
    expect(await names(at)).toEqual(['web']);
  });
});
