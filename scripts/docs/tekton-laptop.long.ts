import { describe, expect, it } from 'vitest';
import { readDoc } from './markdown.ts';
import { hasKubectl, walkThrough } from './walk.ts';

const page = readDoc('tekton-laptop.md');
const title = `the commands of docs/tekton-laptop.md${hasKubectl ? '' : ' (skipped: there is no kubectl on the PATH)'}`;

describe('docs/tekton-laptop.md', () => {
  it.skipIf(!hasKubectl)(
    `${title} do what it says`,
    async () => {
      expect(await walkThrough(page)).toBe(5);
    },
    240_000,
  );
});
