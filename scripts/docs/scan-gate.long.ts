import { mediaTypes } from '@cartographer/oci';
import { describe, expect, it } from 'vitest';
import { createMemoryRegistry } from '../../packages/oci/src/testing/memory-registry.ts';
import { createRegistryStage } from '../../packages/oci/src/testing/played-registry.ts';
import { createTestImages } from '../../packages/scanning/src/inventory/layers/testing/image-of.ts';
import { readDoc } from './markdown.ts';
import { hasKubectl, walkThrough } from './walk.ts';

const page = readDoc('scan-gate.md');
const title = `the commands of docs/scan-gate.md${hasKubectl ? '' : ' (skipped: there is no kubectl on the PATH)'}`;
const IMAGE = 'export IMAGE=registry.example.com/shop@sha256:…';

/** An image with minimist 1.2.6 in a registry on this machine, that lists referrers. */
async function serveImage(): Promise<{ readonly reference: string; close(): Promise<void> }> {
  const stage = createRegistryStage();
  const registry = createMemoryRegistry('lists');
  const { host } = await stage.play(registry.play);
  const images = createTestImages();
  const { digest } = images.add([['app/node_modules/minimist/package.json', '{"name":"minimist","version":"1.2.6"}']]);
  for (const [name, bytes] of images.blobs) {
    if (name === digest) registry.manifests.set(name, { mediaType: mediaTypes.manifest, bytes });
    else registry.blobs.set(name, bytes);
  }
  return { reference: `${host}/shop@${digest}`, close: () => stage.close() };
}

describe('docs/scan-gate.md', () => {
  it.skipIf(!hasKubectl)(
    `${title} do what it says`,
    async () => {
      const image = await serveImage();
      try {
        expect(page).toContain(IMAGE);
        const given = { IMAGE: image.reference };
        expect(await walkThrough(page, { environment: given, without: IMAGE })).toBeGreaterThan(25);
      } finally {
        await image.close();
      }
    },
    600_000,
  );
});
