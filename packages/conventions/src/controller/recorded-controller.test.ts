import type { PodTemplateSpec } from '@cartographer/convention-sdk';
import type { KubeObject } from '@cartographer/machinery';
import { loadConventionObjects } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import type { PodIntentStatus } from '../kinds/pod-intent.ts';
import { ConventionCallError } from '../webhook/convention-call-error.ts';
import { type ConventionsStage, createConventionsStage, webhook } from './testing/conventions-stage.ts';
import type { PlayedServer } from './testing/played-world.ts';

const LOG = 'conventions.carto.run/applied-conventions';
const APP = '127.0.0.1:15002/team/app:v1';
const DIGEST = 'c5c3090c78a69c23565353b874b43eda3ad7c4cfcb855e839f3908ac5a11a9e6';

/** As Go writes a container that nobody gave resources. */
const asGo = ({ metadata, spec }: PodTemplateSpec): PodTemplateSpec => ({
  metadata: { ...metadata },
  spec: { ...spec, containers: spec.containers.map((each) => ({ ...each, resources: each['resources'] ?? {} })) },
});

/** The original's servers, as `servers.json` has them. */
const basic: PlayedServer = ({ spec }) => {
  const { containers } = spec.template.spec;
  const hasIt = (env: unknown): boolean => JSON.stringify(env ?? []).includes('"CONVENTION_SERVER"');
  const isDone = containers.every(({ env }) => hasIt(env));
  const added = { name: 'CONVENTION_SERVER', value: 'HELLO FROM CONVENTION' };
  const completed = containers.map((each) =>
    hasIt(each['env']) ? each : { ...each, env: [...((each['env'] ?? []) as readonly object[]), added] },
  );
  const template = asGo({ ...spec.template, spec: { ...spec.template.spec, containers: completed } });
  return { template, applied: isDone ? [] : ['add-env-var'] };
};
const dumper: PlayedServer = ({ spec }) => ({ template: asGo(spec.template), applied: ['dumper'] });
const down: PlayedServer = () => {
  const message = 'POST https://127.0.0.1:19002/?timeout=30s: nobody listens there (ECONNREFUSED)';
  throw new ConventionCallError('unreachable', message);
};

async function staged(): Promise<ConventionsStage> {
  const stage = await createConventionsStage();
  stage.tags.set(APP, DIGEST);
  return stage;
}

const applied = (stage: ConventionsStage, { metadata, spec, ...object }: KubeObject): Promise<void> => {
  const { name, namespace, labels } = metadata;
  return stage.apply(JSON.stringify({ ...object, metadata: { name, namespace, labels }, spec, status: undefined }));
};

/** Type, status, reason, and how the message begins: what comes from a registry or a socket is in our own words. */
const said = ({ conditions = [] }: PodIntentStatus) =>
  conditions.map(({ type, status, reason, message }) => [
    type,
    status,
    reason,
    message.replace(/(error|late-dumper): .*$/s, '$1:'),
  ]);

describe('what the original made of an intent', () => {
  const intents = loadConventionObjects('podintents');

  it.each(intents.map((intent) => [intent.metadata.name ?? '', intent] as const))(
    'is made of %s',
    async (name, intent) => {
      await using stage = await staged();
      stage.servers.set('basic', basic);
      stage.servers.set('late-dumper', name === 'serverdown' ? down : dumper);
      await stage.apply(webhook('basic') + webhook('late-dumper', { priority: 'Late' }));
      await applied(stage, intent);
      await stage.restart();
      const recorded = intent['status'] as PodIntentStatus;
      const status = await stage.status(name);
      expect(said(status)).toEqual(said(recorded));
      expect(status.observedGeneration).toBe(recorded.observedGeneration);
      expect(status.template).toEqual(recorded.template);
    },
  );
});

describe('conventions of every priority and target', () => {
  it('run in the recorded order, and those with a selector run too, which the original never lets', async () => {
    await using stage = await staged();
    const [intent, ...conventions] = loadConventionObjects('order-selectors');
    if (intent === undefined) throw new Error('nothing was recorded');
    stage.servers.set('127.0.0.1:19002', dumper);
    for (const convention of conventions) await applied(stage, convention);
    await applied(stage, intent);
    await stage.restart();
    const { template } = await stage.status('order');
    const lines = template?.metadata?.annotations?.[LOG]?.split('\n') ?? [];
    const positive = ['sel-intent/dumper', 'sel-template-default/dumper', 'sel-template-explicit/dumper'];
    const recorded = (intent['status'] as PodIntentStatus).template;
    const others = lines.filter((line) => !positive.includes(line));
    expect(others.join('\n')).toBe(recorded?.metadata?.annotations?.[LOG]);
    expect(lines.filter((line) => positive.includes(line))).toEqual(positive);
    expect(template?.spec).toEqual(recorded?.spec);
  });
});
