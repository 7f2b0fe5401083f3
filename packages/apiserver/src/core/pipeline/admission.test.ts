import { expect, test } from 'vitest';

import type { AdmissionHook, AdmissionReview } from '../../core-api.ts';
import { createTestCore, failureOf, gadget, gadgets, refusal } from '../testing/core.ts';

/** A hook on Gadgets. */
const hook = (review: AdmissionHook['review'], more: Partial<AdmissionHook> = {}): AdmissionHook => ({
  matches: ({ resource }) => resource === 'gadgets',
  review,
  ...more,
});

test('a hook sees each write, its old object and who asks, and may change the object before validation', async () => {
  const reviews: AdmissionReview[] = [];
  const mutate = hook((review) => {
    reviews.push(review);
    const { object } = review;
    return object === undefined
      ? { allowed: true }
      : {
          allowed: true,
          object: { ...object, spec: { seen: reviews.length, zzz: 1 } },
          warnings: ['seen'],
        };
  });
  const t = await createTestCore({ admission: [mutate] });
  await t.create(
    'customresourcedefinitions',
    gadgets({ properties: { seen: { type: 'integer' } }, 'x-kubernetes-preserve-unknown-fields': false }),
  );
  const warnings: string[] = [];
  const made = await t.create('gadgets', gadget('g', {}), { warnings });
  expect(made).toMatchObject({ spec: { seen: 1 } });
  expect(made).not.toHaveProperty('spec.zzz'); // hooks are pruned like clients
  expect(warnings).toEqual(['seen']);
  await t.patch('gadgets', 'g', 'merge', { metadata: { labels: { a: 'b' } } });
  await t.patch('gadgets', 'g', 'merge', { status: { ok: true } }, { subresource: 'status' });
  await t.remove('gadgets', 'g');
  expect(
    reviews.map(({ operation, subresource, old, user }) => [operation, subresource, old?.metadata.name, user.name]),
  ).toEqual([
    ['CREATE', undefined, undefined, 'tester'],
    ['UPDATE', undefined, 'g', 'tester'],
    ['UPDATE', 'status', 'g', 'tester'],
    ['DELETE', undefined, 'g', 'tester'],
  ]);
});

test('a refusal carries the code, reason and text of the hook', async () => {
  const answers = {
    plain: { allowed: false, message: 'no' },
    coded: { allowed: false, code: 422, reason: 'Invalid', message: 'bad' },
  } as const;
  const t = await createTestCore({
    admission: [
      hook(({ name }) => answers[name as keyof typeof answers] ?? { allowed: true }, { name: 'v.example.com' }),
    ],
  });
  await t.create('customresourcedefinitions', gadgets());
  const { status } = await failureOf(t.create('gadgets', gadget('plain')));
  expect(status).toMatchObject({
    code: 403,
    reason: 'Forbidden',
    message: 'admission webhook "v.example.com" denied the request: no',
  });
  expect(await refusal(t.create('gadgets', gadget('coded')))).toBe('422 Invalid');
  expect(await t.names('gadgets')).toEqual([]);
});

test('a write that loses a race while a hook thinks starts over on the new object', async () => {
  let release = (): void => undefined;
  let waits = 0;
  const slow = hook(async ({ object }) => {
    if ((object as { spec?: { slow?: boolean } } | undefined)?.spec?.slow === true && waits++ === 0) {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    }
    return { allowed: true };
  });
  const t = await createTestCore({ admission: [slow] });
  await t.create('customresourcedefinitions', gadgets());
  await t.create('gadgets', gadget('g', { n: 1 }));
  const patched = t.patch('gadgets', 'g', 'merge', { spec: { slow: true } });
  await t.patch('gadgets', 'g', 'merge', { spec: { n: 2 } });
  release();
  expect(await patched).toMatchObject({ spec: { n: 2, slow: true } });
  expect(waits).toBe(2);
});

test('a PUT that loses such a race is a conflict', async () => {
  const t = await createTestCore({
    admission: [
      hook(async ({ object }) => {
        if ((object as { spec?: { slow?: boolean } } | undefined)?.spec?.slow === true) {
          await t.patch('gadgets', 'g', 'merge', { spec: { n: 2 } });
        }
        return { allowed: true };
      }),
    ],
  });
  await t.create('customresourcedefinitions', gadgets());
  const made = await t.create('gadgets', gadget('g', { n: 1 }));
  expect(await refusal(t.update('gadgets', { ...made, spec: { slow: true } }))).toBe('409 Conflict');
});

test('a hook whose object keeps changing gives up after five more tries', async () => {
  let count = 0;
  const t = await createTestCore({
    admission: [
      hook(async ({ object }) => {
        if ((object as { spec?: { slow?: boolean } } | undefined)?.spec?.slow === true) {
          await t
            .patch('gadgets', 'g', 'merge', { status: { n: count++ } }, { subresource: 'status' })
            .catch(() => undefined);
        }
        return { allowed: true };
      }),
    ],
  });
  await t.create('customresourcedefinitions', gadgets());
  await t.create('gadgets', gadget('g', { n: 1 }));
  expect(await refusal(t.patch('gadgets', 'g', 'merge', { spec: { slow: true } }))).toBe('409 Conflict');
  expect(count).toBe(6);
});

test('a validating hook sees what the schema allows, after those that change the object', async () => {
  const seen: unknown[] = [];
  const look = hook(
    ({ object }) => {
      seen.push(object?.['spec']);
      return { allowed: true };
    },
    { validating: true },
  );
  const change = hook(({ object }) => ({
    allowed: true,
    object: { ...(object as NonNullable<typeof object>), spec: { n: 2 } },
  }));
  const t = await createTestCore({ admission: [look] });
  await t.create('customresourcedefinitions', gadgets({ properties: { n: { type: 'integer' } } }));
  await expect(t.create('gadgets', gadget('g', { n: 'x' }))).rejects.toThrow('spec.n');
  expect(seen).toEqual([]);
  const both = await createTestCore({ admission: [look, change] });
  await both.create('customresourcedefinitions', gadgets({ properties: { n: { type: 'integer' } } }));
  await both.create('gadgets', gadget('g', { n: 'x' }));
  expect(seen).toEqual([{ n: 2 }]);
});
