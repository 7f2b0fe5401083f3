import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { describe, expect, test } from 'vitest';
import { createMemoryStore } from '../storage/store.ts';
import { createTestCore, failureOf, gadget, gadgets, type TestCore } from '../testing/core.ts';

const CRDS = 'customresourcedefinitions';
const NAME = 'gadgets.probe.test';
const RULE = 'self.l.all(x, self.l.all(y, x + y >= 0))';

/** A list of numbers with a rule that looks at each pair of them. */
const pairs = (maxItems?: number): JsonObject => ({
  type: 'object',
  properties: { l: { type: 'array', items: { type: 'integer' }, ...(maxItems === undefined ? {} : { maxItems }) } },
  'x-kubernetes-validations': [{ rule: RULE }],
});
const numbers = (length: number): JsonObject => ({ l: Array.from({ length }, (_, i) => i) });

const message = async (work: Promise<unknown>): Promise<string> => (await failureOf(work)).status.message ?? '';

/** A core whose store has the definition already, as an older release may have left it. */
async function coreWith(crd: JsonObject): Promise<TestCore> {
  const stored = { ...crd, metadata: { name: NAME, uid: 'u', resourceVersion: '5', generation: 1 } };
  const object = { ...stored, status: { storedVersions: ['v1'] } } as unknown as KubeObject;
  const objects = [{ resource: `${CRDS}.apiextensions.k8s.io`, namespace: '', name: NAME, object }];
  const store = { ...createMemoryStore(), load: () => ({ resourceVersion: 5, objects }) };
  return createTestCore({ store });
}

describe('what rules may cost', () => {
  test('is estimated when their definition is written', async () => {
    const t = await createTestCore();
    expect(await message(t.create(CRDS, gadgets(pairs())))).toContain(
      'spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule: Forbidden: estimated rule cost exceeds budget by factor of more than 100x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)',
    );
    await t.create(CRDS, gadgets(pairs(1_000)));
  });

  test('is charged when an object is written', async () => {
    const t = await createTestCore();
    await t.create(CRDS, gadgets(pairs(1_000)));
    await t.create('gadgets', gadget('some', numbers(300)));
    const refused = `spec: Invalid value: "object": 'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: ${RULE}`;
    expect(await message(t.create('gadgets', gadget('many', numbers(1_000))))).toContain(refused);
    expect(await message(t.patch('gadgets', 'some', 'merge', { spec: numbers(1_000) }))).toContain(refused);
    expect(await message(t.apply('gadgets', gadget('many', numbers(1_000))))).toContain(refused);
  });

  test('is held against a definition that was there before only where its schema changes', async () => {
    const t = await coreWith(gadgets(pairs(1_500)));
    await t.patch(CRDS, NAME, 'merge', { metadata: { labels: { a: 'b' } } });
    const change = { spec: { versions: (gadgets(pairs(1_499))['spec'] as JsonObject)['versions'] } };
    expect(await message(t.patch(CRDS, NAME, 'merge', change as JsonObject))).toContain('estimated rule cost exceeds');
  });
});
