import { describe, expect, it } from 'vitest';
import { readDoc } from './markdown.ts';
import { hasKubectl, walkThrough } from './walk.ts';

const page = readDoc('catalogue.md');
const title = `the commands of docs/catalogue.md${hasKubectl ? '' : ' (skipped: there is no kubectl on the PATH)'}`;

describe('docs/catalogue.md', () => {
  it.skipIf(!hasKubectl)(
    `${title} do what it says`,
    async () => {
      expect(await walkThrough(page)).toBe(2);
    },
    240_000,
  );
});
