import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { mediaTypes } from '@cartographer/oci';
import { describe, expect, it } from 'vitest';
import { startCarto } from '../../e2e/carto-process.ts';
import { createMemoryRegistry } from '../../packages/oci/src/testing/memory-registry.ts';
import { createRegistryStage } from '../../packages/oci/src/testing/played-registry.ts';
import { createTestImages } from '../../packages/scanning/src/inventory/layers/testing/image-of.ts';
import { commandsOf } from './commands.ts';
import { readDoc } from './markdown.ts';

const ROOT = join(import.meta.dirname, '../..');
const page = readDoc('scan-gate.md');
const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;
const title = `the commands of docs/scan-gate.md${hasKubectl ? '' : ' (skipped: there is no kubectl on the PATH)'}`;
const MAIN = join(ROOT, 'packages/cli/src/main.ts');
const START = 'npm run carto -- up --no-example';
const IMAGE = 'export IMAGE=registry.example.com/shop@sha256:…';
const ENVIRONMENT = 'export KUBECONFIG=.carto/kubeconfig';

const run = promisify(execFile);

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

/** An output without what differs each time: ages, times, digests, ports, the width of columns. */
function steady(output: string): readonly string[] {
  return output
    .trim()
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/\b(\d+[smh])+\b/g, 'AGE')
    .replaceAll(/sha256:[0-9a-f]{64}/g, 'DIGEST')
    .replaceAll(/127\.0\.0\.1:\d+/g, 'HOST')
    .split('\n')
    .map((line) => line.replaceAll(/ {2,}/g, ' ').trim());
}

describe('docs/scan-gate.md', () => {
  it('shows only YAML that stands in the files that it names, or that a command applies', () => {
    const blocks = [...page.matchAll(/^```yaml$/gm)];
    const excerpts = [...page.matchAll(/^<!-- (examples\/\S+) -->\n```yaml\n(.*?)^```$/gms)];
    expect(excerpts.length).toBe(blocks.length);
    for (const [, file = '', text = ''] of excerpts) expect(readFileSync(join(ROOT, file), 'utf8')).toContain(text);
  });

  it.skipIf(!hasKubectl)(
    `${title} do what it says`,
    async () => {
      const [start, environment, ...commands] = commandsOf(page);
      expect([start, environment]).toEqual([{ text: START }, { text: ENVIRONMENT }]);
      expect(commands.length).toBeGreaterThan(25);
      const folder = await mkdtemp(join(tmpdir(), 'carto-walk-'));
      const image = await serveImage();
      await symlink(join(ROOT, 'examples'), join(folder, 'examples'));
      const carto = await startCarto(join(folder, '.carto'), ['--no-example']);
      const who = { NAME: 'Walker', EMAIL: 'walker@carto.invalid' };
      const env = {
        ...process.env,
        KUBECONFIG: '.carto/kubeconfig',
        IMAGE: image.reference,
        ...Object.fromEntries(
          ['AUTHOR', 'COMMITTER'].flatMap((role) =>
            Object.entries(who).map(([key, text]) => [`GIT_${role}_${key}`, text]),
          ),
        ),
      };
      try {
        expect(commands).toContainEqual({ text: IMAGE });
        for (const { text, output } of commands.filter((each) => each.text !== IMAGE)) {
          // The folder of the walk has no npm scripts.
          const line = text.replaceAll('npm run --silent carto --', `${process.execPath} ${MAIN}`);
          const { stdout } = await run('bash', ['-ec', line], { cwd: folder, env }).catch(
            (error: Error & { stdout: string }) => {
              // Which ends with 1 for a no.
              if (text.startsWith('kubectl auth can-i') && error.stdout !== '') return error;
              throw new Error(`${error.message}\ncarto up said:\n${carto.output()}`);
            },
          );
          if (output === undefined) continue;
          // Events of one second have no order.
          const lines = (shown: string) =>
            text.startsWith('kubectl events') ? steady(shown).toSorted() : steady(shown);
          expect(lines(stdout), `$ ${text}\n${stdout}`).toEqual(lines(output));
        }
      } finally {
        await carto.end('SIGINT');
        await image.close();
        await rm(folder, { recursive: true, force: true });
      }
    },
    600_000,
  );
});
