import { expect, test } from 'vitest';

import { createDocuments, sealed } from './documents.ts';

test('a document is made once for each state of the registry, and one that is not there is forgotten', () => {
  const registry = { generation: 1 };
  let changes = 0;
  const documents = createDocuments(registry, () => (changes += 1));
  let made = 0;
  const ask = (key: string, isThere = true) =>
    documents.get(key, () => {
      made += 1;
      return isThere ? sealed({ made }) : undefined;
    })?.body['made'];
  expect([ask('a'), ask('a'), ask('b'), ask('a')]).toEqual([1, 1, 2, 1]);
  expect([ask('none', false), ask('none')]).toEqual([undefined, 4]);
  registry.generation = 2;
  expect([ask('a'), ask('a'), changes]).toEqual([5, 5, 2]);
});
