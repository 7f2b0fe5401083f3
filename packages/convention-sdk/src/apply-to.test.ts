import { describe, expect, it } from 'vitest';
import { applyTo } from './apply-to.ts';
import type { Convention } from './convention.ts';
import { ensureEnv } from './ensure.ts';
import type { PodTemplateSpec } from './wire.ts';

const template: PodTemplateSpec = {
  spec: {
    containers: [
      { name: 'a', image: 'x' },
      { name: 'b', image: 'y' },
    ],
  },
};
const hello: Convention = {
  id: 'hello',
  apply({ template: { spec } }) {
    for (const container of spec.containers) ensureEnv(container, 'HELLO', 'world');
  },
};
const telling = (told: readonly string[]): Convention => ({ id: 'telling', apply: () => told });

describe('conventions', () => {
  it('change a copy of the template, and are named where they changed it', async () => {
    const before = structuredClone(template);
    const once = await applyTo(hello, { template });
    expect(once.applied).toEqual(['hello']);
    expect(once.template.spec.containers.map(({ env }) => env)).toEqual([
      [{ name: 'HELLO', value: 'world' }],
      [{ name: 'HELLO', value: 'world' }],
    ]);
    expect(template).toEqual(before);
    expect(await applyTo(hello, { template: once.template })).toEqual({ template: once.template, applied: [] });
  });

  it('are given what the ones before made, and may say more than their id', async () => {
    const counts: Convention = {
      id: 'counts',
      apply: ({ template: { spec } }) =>
        Promise.resolve(spec.containers.map(({ name, env }) => `${name}-${env?.length}`)),
    };
    expect((await applyTo([hello, counts], { template })).applied).toEqual(['hello', 'a-1', 'b-1']);
    expect((await applyTo([counts, hello], { template })).applied).toEqual(['a-undefined', 'b-undefined', 'hello']);
    expect((await applyTo(telling([]), { template })).applied).toEqual([]);
  });

  it('know of an image what its container names', async () => {
    const images = [{ image: 'y', config: { os: 'linux' } }];
    const seen: unknown[] = [];
    const looking: Convention = {
      id: 'looking',
      apply(context) {
        seen.push(
          context.name,
          ...context.template.spec.containers.map((one) => context.imageOf(one)),
          context.imageOf({}),
        );
      },
    };
    await applyTo(looking, { template, images, name: 'app' });
    expect(seen).toEqual(['app', undefined, images[0], undefined]);
  });

  it('may not say what the controller refuses', async () => {
    const longest = 'a'.repeat(253);
    expect((await applyTo(telling([longest]), { template })).applied).toEqual([longest]);
    for (const id of [`${longest}a`, 'a\nother/b', 'a\rb']) {
      await expect(applyTo(telling([id]), { template })).rejects.toThrow('convention "telling" says it applied "a');
    }
  });

  it('find an empty list where a template has no containers', async () => {
    const bare = { spec: { containers: null } } as object as PodTemplateSpec;
    expect(await applyTo(hello, { template: bare })).toEqual({ template: { spec: { containers: [] } }, applied: [] });
  });
});
