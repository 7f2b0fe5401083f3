import { describe, expect, it } from 'vitest';
import { readDoc } from './markdown.ts';
import { hasKubectl, walkThrough } from './walk.ts';

const page = readDoc('conventions.md');
const title = `the commands of docs/conventions.md${hasKubectl ? '' : ' (skipped: there is no kubectl on the PATH)'}`;

describe('docs/conventions.md', () => {
  it.skipIf(!hasKubectl)(
    `${title} do what it says`,
    async () => {
      expect(await walkThrough(page, { example: true })).toBeGreaterThan(8);
    },
    600_000,
  );
});
