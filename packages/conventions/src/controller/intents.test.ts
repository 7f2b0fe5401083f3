import { describe, expect, it } from 'vitest';
import { createConventionsStage, intent, labels, registered, webhook, writesOf } from './testing/conventions-stage.ts';
import { imageBy } from './testing/played-world.ts';

const APP = 'registry.example.com/app:v1';
const LOG = 'conventions.carto.run/applied-conventions';

describe('an intent', () => {
  it('gets what its conventions make of it, with its image by digest, in one write', async () => {
    await using stage = await createConventionsStage();
    stage.servers.set('one', labels('x', '1'));
    await stage.apply(webhook('one') + intent('app', { template: { a: 'b' } }));
    await stage.restart();
    expect(await stage.status('app')).toMatchObject({
      observedGeneration: 1,
      images: [{ reference: APP, image: imageBy(APP, 'a') }],
      template: {
        metadata: { labels: { a: 'b', x: '1' }, annotations: { [LOG]: 'one/set-x' } },
        spec: { containers: [{ name: 'app', image: imageBy(APP, 'a') }] },
      },
    });
    expect(await stage.said('app')).toBe('True Applied');
    expect(await stage.said('app', 'Ready')).toBe('True ConventionsApplied');
    expect(stage.calls).toEqual(['one app-one', 'one app-one']);
    expect(writesOf(stage)).toEqual(['update podintents/status app']);
  });

  it('is written by nobody after a restart, at rest or when it is computed to the same', async () => {
    await using stage = await createConventionsStage();
    stage.servers.set('one', labels('x', '1'));
    await stage.apply(webhook('one') + intent('app'));
    await stage.restart();
    const { length } = stage.audit;
    await stage.restart();
    expect(stage.calls).toHaveLength(3);
    await stage.pass(7_200_000);
    await stage.apply(webhook('one', {}, { 'conventions.carto.run/revision': '2' }));
    await stage.pass(10);
    expect(stage.calls).toHaveLength(4);
    expect(writesOf(stage, length)).toEqual([]);
  });

  it('without a convention that fits is its template with images by digest', async () => {
    await using stage = await createConventionsStage();
    await stage.apply(intent('app'));
    await stage.restart();
    const { template } = await stage.status('app');
    expect(template).toEqual({ spec: { containers: [{ name: 'app', image: imageBy(APP, 'a') }] } });
    expect(await stage.said('app')).toBe('True Applied');
  });

  it('keeps its last good template when a later computation fails, and says for which generation that is', async () => {
    await using stage = await createConventionsStage();
    stage.servers.set('one', labels('x', '1'));
    await stage.apply(webhook('one') + intent('app'));
    await stage.restart();
    const { template } = await stage.status('app');
    await stage.apply(intent('app', { image: 'registry.example.com/gone:v1' }));
    await stage.pass(10);
    const said =
      'False ConventionsApplied: failed to fetch metadata for Images: image: "registry.example.com/gone:v1" error: registry.example.com/gone:v1 is not there';
    expect(await stage.said('app')).toBe(said);
    expect(await stage.said('app', 'Ready')).toBe(said);
    expect(await stage.status('app')).toMatchObject({ observedGeneration: 2, template: { ...template } });
    stage.tags.set('registry.example.com/gone:v1', 'b');
    await stage.pass(600_000);
    expect(await stage.said('app')).toBe('True Applied');
  });

  it('without its service account says so, asks nobody, and is computed as soon as that is there', async () => {
    await using stage = await createConventionsStage();
    stage.servers.set('one', labels('x', '1'));
    await stage.apply(webhook('one') + intent('app', { more: { serviceAccountName: 'nope' } }));
    await stage.restart();
    expect(await stage.said('app')).toBe(
      'False ImageResolutionFailed: failed to authenticate: ServiceAccount "nope" not found',
    );
    expect(stage.resolved).toEqual([]);
    const { length } = stage.audit;
    await stage.pass(1_200_000);
    expect(stage.audit.slice(length).filter(({ verb }) => verb === 'get')).toEqual([]);
    await stage.apply('{apiVersion: v1, kind: ServiceAccount, metadata: {name: nope, namespace: default}}');
    await stage.pass(10);
    expect(await stage.said('app')).toBe('True Applied');
  });

  it('that cannot be read says which field', async () => {
    const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
    const loose = (kind: string, plural: string, scope: string) => ({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${plural}.conventions.carto.run` },
      spec: {
        group: 'conventions.carto.run',
        scope,
        names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
        versions: [
          {
            name: 'v1alpha1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: schema },
            subresources: { status: {} },
          },
        ],
      },
    });
    await using stage = await createConventionsStage({
      looseCrds: [
        loose('PodIntent', 'podintents', 'Namespaced'),
        loose('ClusterPodConvention', 'clusterpodconventions', 'Cluster'),
      ],
    });
    await stage.apply(intent('app', { more: { template: { spec: {} } } }));
    await stage.restart();
    expect(await stage.said('app')).toBe('False SpecInvalid: spec.template.spec.containers: Required value');
    await stage.apply(registered('odd', { priority: 'First' }) + intent('other'));
    await stage.pass(10);
    expect(await stage.said('other')).toMatch(/^False ConventionInvalid: convention odd cannot be read: spec/);
  });

  it('that is deleted is left alone', async () => {
    await using stage = await createConventionsStage();
    await stage.apply(intent('app'));
    await stage.restart();
    const { length } = stage.audit;
    await stage.delete('PodIntent', 'app');
    await stage.pass(10);
    expect(writesOf(stage, length)).toEqual([]);
  });

  it('tells of a change in an event, and of the same failure once', async () => {
    await using stage = await createConventionsStage();
    await stage.apply(intent('app', { image: 'registry.example.com/gone:v1' }));
    await stage.restart();
    await stage.pass(1_200_000);
    stage.tags.set('registry.example.com/gone:v1', 'b');
    await stage.pass(600_000);
    const type = { group: '', version: 'v1', kind: 'Event', resource: 'events', namespaced: true };
    const { items } = await stage.client.list(type, { namespace: 'default' });
    expect(items.map(({ type, reason, count }) => [type, reason, count])).toEqual([
      ['Warning', 'ConventionsApplied', 1],
      ['Normal', 'StatusUpdated', 1],
    ]);
  });
});

describe('what is looked at again', () => {
  it('is nothing by itself', async () => {
    await using stage = await createConventionsStage();
    stage.servers.set('one', labels('x', '1'));
    await stage.apply(webhook('one') + intent('app'));
    await stage.restart();
    const [calls, resolved] = [stage.calls.length, stage.resolved.length];
    stage.tags.set(APP, 'b');
    await stage.pass(43_200_000);
    expect([stage.calls.length, stage.resolved.length]).toEqual([calls, resolved]);
  });

  it('is everything, as often as it is asked for', async () => {
    await using stage = await createConventionsStage({ resyncMs: 3_600_000 });
    stage.servers.set('one', labels('x', '1'));
    await stage.apply(webhook('one') + intent('app'));
    await stage.restart();
    stage.servers.set('one', labels('x', '2'));
    await stage.pass(3_600_000);
    expect((await stage.status('app')).template?.metadata?.labels).toEqual({ x: '2' });
  });

  it('is a tag that has moved, and no convention where none has', async () => {
    await using stage = await createConventionsStage({ movedTagsMs: 600_000 });
    stage.servers.set('one', labels('x', '1'));
    await stage.apply(webhook('one') + intent('app'));
    await stage.restart();
    const calls = stage.calls.length;
    await stage.pass(3_600_000);
    expect(stage.calls).toHaveLength(calls);
    stage.tags.set(APP, 'b');
    await stage.pass(600_000);
    expect((await stage.status('app')).template?.spec.containers[0]?.image).toBe(imageBy(APP, 'b'));
    // A registry that does not answer has moved nothing.
    stage.tags.delete(APP);
    await stage.pass(1_200_000);
    expect(await stage.said('app')).toBe('True Applied');
  });
});
