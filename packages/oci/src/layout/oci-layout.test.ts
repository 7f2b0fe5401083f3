import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createOciLayout } from './oci-layout.ts';

it('a layout that is not there is empty, one that cannot be read is told', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'oci-layout-'));
  try {
    const layout = createOciLayout(folder);
    expect(await layout.tags()).toEqual([]);
    await mkdir(join(folder, 'index.json')); // no file, so it can be read by nobody
    await expect(layout.tags()).rejects.toThrow('EISDIR');
    await expect(layout.keepOnly(new Set())).rejects.toThrow('EISDIR');
  } finally {
    await rm(folder, { recursive: true });
  }
});
