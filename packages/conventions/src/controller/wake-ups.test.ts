import { describe, expect, it } from 'vitest';
import {
  type ConventionsStage,
  createConventionsStage,
  intent,
  labels,
  webhook,
  writesOf,
} from './testing/conventions-stage.ts';

const red = { selectors: [{ matchLabels: { color: 'red' } }] };
const ofIntent = { ...red, selectorTarget: 'PodIntent' };

/** Ten intents of which the first three have a red template, and the next two are red themselves. */
async function colored(): Promise<ConventionsStage> {
  const stage = await createConventionsStage();
  stage.servers.set('one', labels('x', '1'));
  const names = Array.from({ length: 10 }, (_, index) => `app-${index}`);
  await stage.apply(
    names
      .map((name, index) =>
        intent(name, {
          ...(index < 3 ? { template: { color: 'red' } } : {}),
          ...(index === 3 || index === 4 ? { labels: { color: 'red' } } : {}),
        }),
      )
      .join(''),
  );
  await stage.restart();
  return stage;
}

/** The intents whose status was written since, and those whose servers were asked. */
function moved(stage: ConventionsStage, from: { readonly audit: number; readonly calls: number }) {
  const names = (lines: readonly string[]) =>
    [...new Set(lines.map((line) => /app-\d/.exec(line)?.[0] ?? ''))].toSorted();
  return {
    written: writesOf(stage, from.audit)
      .map((line) => line.replace(/^.* /, ''))
      .toSorted(),
    asked: names(stage.calls.slice(from.calls)),
  };
}
const mark = ({ audit, calls }: ConventionsStage) => ({ audit: audit.length, calls: calls.length });

describe('a convention moves the intents that it fits, and no others', () => {
  it('when it is registered, changed and removed', async () => {
    await using stage = await colored();
    let from = mark(stage);
    await stage.apply(webhook('one', red));
    await stage.pass(10);
    expect(moved(stage, from)).toEqual({ written: ['app-0', 'app-1', 'app-2'], asked: ['app-0', 'app-1', 'app-2'] });

    from = mark(stage);
    await stage.apply(webhook('one', ofIntent));
    await stage.pass(10);
    expect(moved(stage, from)).toEqual({
      written: ['app-0', 'app-1', 'app-2', 'app-3', 'app-4'],
      asked: ['app-3', 'app-4'],
    });

    from = mark(stage);
    await stage.delete('ClusterPodConvention', 'one');
    await stage.pass(10);
    expect(moved(stage, from)).toEqual({ written: ['app-3', 'app-4'], asked: [] });
  });

  it('when it has a new revision, though what it makes may be the same', async () => {
    await using stage = await colored();
    await stage.apply(webhook('one', red));
    await stage.pass(10);
    const from = mark(stage);
    await stage.apply(webhook('one', red, { 'conventions.carto.run/revision': '2' }));
    await stage.pass(10);
    expect(moved(stage, from)).toEqual({ written: [], asked: ['app-0', 'app-1', 'app-2'] });
    await stage.apply(webhook('one', red, { 'conventions.carto.run/revision': '2', 'other.example.com/note': 'x' }));
    const after = mark(stage);
    await stage.pass(10);
    expect(moved(stage, after)).toEqual({ written: [], asked: [] });
  });

  it('and of each target only what its selector says, through the controller', async () => {
    await using stage = await colored();
    const on = (operator: string, values?: readonly string[]) => ({
      selectors: [{ matchExpressions: [{ key: 'color', operator, ...(values === undefined ? {} : { values }) }] }],
    });
    const rows: readonly (readonly [object, number])[] = [
      [on('In', ['red']), 3],
      [on('NotIn', ['red']), 7],
      [on('Exists'), 3],
      [on('DoesNotExist'), 7],
      [{ ...on('In', ['red']), selectorTarget: 'PodIntent' }, 2],
      [{ ...on('NotIn', ['red']), selectorTarget: 'PodIntent' }, 8],
      [{ ...on('Exists'), selectorTarget: 'PodIntent' }, 2],
      [{ ...on('DoesNotExist'), selectorTarget: 'PodIntent' }, 8],
    ];
    for (const [spec, count] of rows) {
      const from = mark(stage);
      await stage.apply(webhook('one', spec));
      await stage.pass(10);
      expect([spec, moved(stage, from).asked.length]).toEqual([spec, count]);
      await stage.delete('ClusterPodConvention', 'one');
      await stage.pass(10);
    }
  });

  it('or all of them, while nobody can tell which it fits', async () => {
    await using stage = await colored();
    await stage.apply(webhook('odd', { selectors: [{ matchLabels: { 'a b': 'c' } }] }));
    await stage.pass(10);
    expect(await stage.said('app-9')).toMatch(
      /^False LabelSelector: the label selector of convention odd is not valid: /,
    );
    await stage.delete('ClusterPodConvention', 'odd');
    await stage.pass(10);
    expect(await stage.said('app-9')).toBe('True Applied');
  });
});

describe('a service account', () => {
  it('wakes the intents that use it when its pull secrets are others, and not otherwise', async () => {
    await using stage = await colored();
    await stage.apply(webhook('one'));
    await stage.apply(intent('app-9', { more: { serviceAccountName: 'builder' } }));
    const account = (more: string) =>
      stage.apply(`{apiVersion: v1, kind: ServiceAccount, metadata: {name: builder, namespace: default${more}}`);
    await account('}');
    await stage.pass(10);
    let from = mark(stage);
    await account(', labels: {a: b}}');
    await stage.pass(10);
    expect(moved(stage, from).asked).toEqual([]);
    from = mark(stage);
    await account('}, imagePullSecrets: [{name: login}]');
    await stage.pass(10);
    expect(moved(stage, from)).toEqual({ written: [], asked: ['app-9'] });
  });
});
