import { expect, it } from 'vitest';
import { readDoc } from './markdown.ts';
import { walkThrough } from './walk.ts';

it('the commands of docs/tutorial.md do what it says', async () => {
  expect(await walkThrough(readDoc('tutorial.md'), { example: true })).toBeGreaterThan(15);
}, 300_000);
