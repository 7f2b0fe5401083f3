import { getPath, isObject, type JsonObject, type KubeObject, listAt, toYaml } from '@cartographer/machinery';
import { watches } from '@cartographer/testkit';
import { describe, expect, test } from 'vitest';
import { type GizmoVersion, gizmoChain, gizmoCrd, gizmoType, RESULT } from './testing/gizmos.ts';
import { controllerWrites, createStage, type Stage, workload } from './testing/stage.ts';

/** A stage with Gizmos, a chain `old` for their `v1beta1` and a chain `new` for their `v1`. */
async function createGizmoStage(): Promise<Stage> {
  const stage = await createStage({ crds: [gizmoCrd()] });
  await stage.restart();
  await stage.apply(gizmoChain('old', 'v1beta1') + '---' + gizmoChain('new', 'v1'));
  return stage;
}

/** The tool says at this version what came of a Gizmo. */
async function finish(stage: Stage, version: GizmoVersion, name: string, result: string): Promise<void> {
  const body: JsonObject = { status: { [RESULT[version]]: result } };
  const key = { namespace: 'default', name };
  await stage.client.patch(gizmoType(version), key, {
    kind: 'merge',
    body,
    subresource: 'status',
    fieldManager: 'tool',
  });
  await stage.settled();
}

async function gizmo(stage: Stage, name: string): Promise<KubeObject> {
  const found = await stage.get('Gizmo', name);
  if (found === undefined) throw new Error(`there is no gizmo ${name}`);
  return found;
}

/** The status entry of the owner's step. */
async function entry(stage: Stage, owner: string): Promise<JsonObject> {
  const found = await stage.get('Workload', owner);
  const [step] = listAt(found?.['status'], 'resources');
  return isObject(step) ? step : {};
}

async function stampedVersion(stage: Stage, owner: string): Promise<unknown> {
  return getPath((await entry(stage, owner))['stampedRef'], 'apiVersion');
}

const writesOn = (stage: Stage, since = 0): readonly string[] =>
  controllerWrites(stage.audit, since).filter((line) => line.includes(' gizmos/'));

describe('two owners whose chains stamp a kind at two versions', () => {
  test('are Ready side by side, each with its object read at the version that its template names', async () => {
    await using stage = await createGizmoStage();
    await stage.apply(workload('a', 'old') + '---' + workload('b', 'new'));
    await stage.settled();
    await finish(stage, 'v1beta1', 'a', 'from-old');
    await finish(stage, 'v1', 'b', 'from-new');
    expect([await stage.ready('Workload', 'a'), await stage.ready('Workload', 'b')]).toEqual([
      'True Ready',
      'True Ready',
    ]);
    expect(await stampedVersion(stage, 'a')).toBe('gizmo.test/v1beta1');
    expect(await stampedVersion(stage, 'b')).toBe('gizmo.test/v1');
    expect((await entry(stage, 'a'))['outputs']).toMatchObject([{ name: 'image', preview: 'from-old\n' }]);
    expect((await entry(stage, 'b'))['outputs']).toMatchObject([{ name: 'image', preview: 'from-new\n' }]);
    expect(writesOn(stage).toSorted()).toEqual(['apply gizmos/a', 'apply gizmos/b']);
  });

  test('are written nothing at rest, and nothing after a restart', async () => {
    await using stage = await createGizmoStage();
    await stage.apply(workload('a', 'old') + '---' + workload('b', 'new'));
    await stage.settled();
    const since = stage.audit.length;
    await stage.clock.advance(300_000);
    await stage.settled();
    await stage.crash();
    await stage.restart();
    await stage.settled();
    expect(controllerWrites(stage.audit, since)).toEqual([]);
  });

  test('heal each for itself: an object that a user deletes comes back once, a drifted one is set back once', async () => {
    await using stage = await createGizmoStage();
    await stage.apply(workload('a', 'old') + '---' + workload('b', 'new'));
    await stage.settled();
    const b = (await gizmo(stage, 'b')).metadata.uid;
    let since = stage.audit.length;
    await stage.delete('Gizmo', 'a');
    await stage.settled();
    expect(writesOn(stage, since)).toEqual(['apply gizmos/a']);
    since = stage.audit.length;
    const body = { spec: { a: 2 } };
    const key = { namespace: 'default', name: 'a' };
    await stage.client.patch(gizmoType('v1'), key, { kind: 'merge', body, fieldManager: 'user' });
    await stage.settled();
    expect(writesOn(stage, since)).toEqual(['apply gizmos/a']);
    expect((await gizmo(stage, 'a'))['spec']).toEqual({ a: 1 });
    expect((await gizmo(stage, 'b')).metadata.uid).toBe(b);
  });

  test('lose each its own object when its step makes another, and no other', async () => {
    await using stage = await createGizmoStage();
    await stage.apply(workload('a', 'old') + '---' + workload('b', 'new'));
    await stage.settled();
    const since = stage.audit.length;
    await stage.apply(gizmoChain('old', 'v1beta1').replace('{name: $(workload', '{name: x-$(workload'));
    await stage.settled();
    expect(writesOn(stage, since)).toEqual(['apply gizmos/x-a', 'delete gizmos/a']);
    expect(await stage.get('Gizmo', 'b')).toBeDefined();
  });
});

describe('a version edit in a template', () => {
  test('is one apply to the same object, there and back, and a restart adds none', async () => {
    await using stage = await createGizmoStage();
    await stage.apply(workload('a', 'old'));
    await stage.settled();
    const { uid } = (await gizmo(stage, 'a')).metadata;
    const since = stage.audit.length;
    for (const version of ['v1', 'v1beta1', 'v1'] as const) {
      await stage.apply(gizmoChain('old', version));
      await stage.settled();
      expect(await stampedVersion(stage, 'a')).toBe(`gizmo.test/${version}`);
    }
    await stage.restart();
    await stage.settled();
    expect(writesOn(stage, since)).toEqual(['apply gizmos/a', 'apply gizmos/a', 'apply gizmos/a']);
    expect((await gizmo(stage, 'a')).metadata).toMatchObject({ uid, generation: 1 });
  });

  test('back to a version whose watch lags behind does not take the old copy for the present state', async () => {
    await using stage = await createGizmoStage();
    await stage.apply(workload('a', 'old') + '---' + workload('b', 'new'));
    await stage.settled();
    const lag = Promise.withResolvers<void>();
    stage.faults.inject({
      when: (request) => watches(request) && request.path === '/apis/gizmo.test/v1beta1/gizmos',
      times: Number.POSITIVE_INFINITY,
      fault: { kind: 'watch', effect: { holdUntil: lag.promise } },
    });
    await stage.clock.advance(60_000); // the watch is opened again, and lags from now on
    await stage.settled();
    for (const [version, spec] of [
      ['v1', '{a: 2}'],
      ['v1beta1', '{a: 1}'],
    ] as const) {
      await stage.apply(gizmoChain('old', version, spec));
      await stage.settled();
    }
    expect((await gizmo(stage, 'a'))['spec']).toEqual({ a: 1 });
    expect(await stampedVersion(stage, 'a')).toBe('gizmo.test/v1beta1');
    lag.resolve();
    await stage.settled();
    expect((await gizmo(stage, 'a'))['spec']).toEqual({ a: 1 });
  });

  test('that the server cannot compare with what was applied at the other version moves our fields first', async () => {
    await using stage = await createGizmoStage();
    await stage.apply(workload('a', 'old'));
    await stage.settled();
    const { uid } = (await gizmo(stage, 'a')).metadata;
    const message = 'failed to prune fields: failed to convert merged object to last applied version';
    // As a real server does it for a kind that nothing converts, whose versions have different fields.
    const isMoved = (): boolean =>
      stage.faults.requests.some(({ headers }) => headers?.['content-type'] === 'application/json-patch+json');
    stage.faults.inject({
      when: ({ path, query }) =>
        path.endsWith('/v1/namespaces/default/gizmos/a') && query?.['force'] === 'true' && !isMoved(),
      times: Number.POSITIVE_INFINITY,
      fault: { kind: 'status', code: 500, message },
    });
    const since = stage.audit.length;
    await stage.apply(gizmoChain('old', 'v1'));
    await stage.settled();
    expect(writesOn(stage, since)).toEqual(['patch gizmos/a', 'apply gizmos/a']);
    expect((await gizmo(stage, 'a')).metadata).toMatchObject({ uid, generation: 1 });
    const owners = (await gizmo(stage, 'a')).metadata.managedFields?.map(
      (each) => `${each.manager} ${each.operation} ${each.apiVersion}`,
    );
    expect(owners).toEqual(['cartographer Apply gizmo.test/v1']);
    expect(await stampedVersion(stage, 'a')).toBe('gizmo.test/v1');
  });

  test('that fails for another reason is told as it is', async () => {
    await using stage = await createGizmoStage();
    await stage.apply(workload('a', 'new'));
    await stage.settled();
    stage.faults.inject({
      when: ({ method, path }) => method === 'PATCH' && path.endsWith('/gizmos/a'),
      times: Number.POSITIVE_INFINITY,
      fault: { kind: 'status', code: 500, message: 'out of order' },
    });
    const since = stage.audit.length;
    await stage.apply(gizmoChain('new', 'v1', '{a: 2}'));
    await stage.settled();
    expect(await stage.ready('Workload', 'a')).toBe('False TemplateRejectedByAPIServer');
    expect(writesOn(stage, since)).toEqual([]);
  });

  test('wakes nobody by its echo at the other version, and news wakes the owner once', async () => {
    await using stage = await createGizmoStage();
    await stage.apply(workload('a', 'old') + '---' + workload('b', 'new'));
    await stage.settled();
    const metrics = await stage.restart();
    await stage.settled();
    const reconciles = async (): Promise<number> => {
      const { text } = await metrics.expose();
      const lines = text.matchAll(
        /^controller_runtime_reconcile_total\{controller="workload",result="[a-z_]+"\} (\d+)$/gm,
      );
      return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
    };
    const before = await reconciles();
    await stage.apply(gizmoChain('old', 'v1'));
    await stage.settled();
    expect((await reconciles()) - before).toBe(1);
    await finish(stage, 'v1', 'a', 'done');
    const done = await reconciles();
    await finish(stage, 'v1', 'a', 'done again');
    expect((await reconciles()) - done).toBe(1);
  });
});

describe('a version that stops being served', () => {
  test('leaves the owners of the other version alone; its own say so, keep their objects, and move on by an edit', async () => {
    await using stage = await createGizmoStage();
    await stage.apply(workload('a', 'old') + '---' + workload('b', 'new'));
    await stage.settled();
    await finish(stage, 'v1', 'b', 'done');
    const { uid } = (await gizmo(stage, 'a')).metadata;
    const since = stage.audit.length;
    await stage.apply(toYaml(gizmoCrd(['v1'])));
    await stage.settled();
    await stage.apply(workload('a', 'old').replace('spec: {}', 'spec: {image: x}'));
    await stage.settled();
    expect(await stage.ready('Workload', 'a')).toBe('False TemplateRejectedByAPIServer');
    expect(await stage.ready('Workload', 'b')).toBe('True Ready');
    await stage.apply(gizmoChain('old', 'v1'));
    await stage.settled();
    await finish(stage, 'v1', 'a', 'done');
    expect(await stage.ready('Workload', 'a')).toBe('True Ready');
    expect(writesOn(stage, since)).toEqual(['apply gizmos/a']);
    expect((await gizmo(stage, 'a')).metadata.uid).toBe(uid);
  });

  test('does not keep the object of a step that is gone', async () => {
    await using stage = await createGizmoStage();
    await stage.apply(workload('a', 'old'));
    await stage.settled();
    await stage.apply(toYaml(gizmoCrd(['v1'])));
    await stage.apply(
      gizmoChain('old', 'v1')
        .replaceAll('Gizmo', 'ConfigMap')
        .replace('gizmo.test/v1', 'v1')
        .replace('spec: {a: 1}', 'data: {}'),
    );
    await stage.settled();
    expect(await stage.get('Gizmo', 'a')).toBeUndefined();
  });
});

describe('runs of a Runnable', () => {
  const runTemplate = (version: GizmoVersion): string => `
apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: {name: run}
spec:
  outputs: {result: .status.${RESULT[version]}}
  template:
    apiVersion: gizmo.test/${version}
    kind: Gizmo
    metadata: {generateName: run-}
    spec: {from: $(selected.metadata.name)$}
`;
  const runnable = (version: GizmoVersion): string => `
apiVersion: carto.run/v1alpha1
kind: Runnable
metadata: {name: r, namespace: default}
spec:
  runTemplateRef: {name: run}
  selector: {resource: {apiVersion: gizmo.test/${version}, kind: Gizmo}, matchingLabels: {chosen: 'yes'}}
`;

  test('that selects its kind at another version are made once for each version, and found again on the way back', async () => {
    await using stage = await createGizmoStage();
    await stage.apply(
      '{apiVersion: gizmo.test/v1, kind: Gizmo, metadata: {name: chosen, namespace: default, labels: {chosen: "yes"}}}',
    );
    await stage.apply(runTemplate('v1beta1') + '---' + runnable('v1'));
    await stage.settled();
    for (const version of ['v1', 'v1beta1', 'v1'] as const) {
      await stage.apply(runTemplate(version));
      await stage.settled();
    }
    expect(writesOn(stage)).toEqual(['create gizmos/', 'create gizmos/']);
  });
});
