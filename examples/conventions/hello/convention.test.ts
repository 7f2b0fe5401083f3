import { applyTo } from '@cartographer/convention-sdk';
import { expect, it } from 'vitest';
import { hello } from './convention.ts';

const template = { spec: { containers: [{ name: 'app', image: 'registry.example.com/app' }] } };

it('greets, unless somebody greets already', async () => {
  const first = await applyTo(hello, { template });
  expect(first.template.spec.containers[0]?.env).toEqual([{ name: 'GREETING', value: 'hello' }]);
  expect(first.applied).toEqual(['hello']);
  expect((await applyTo(hello, { template: first.template })).applied).toEqual([]);
});
