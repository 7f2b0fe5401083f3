import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownFiles, wantedFiles } from './own-files.ts';

let root = '';
beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'carto-own-files-')));
  mkdirSync(join(root, 'packages/one/src'), { recursive: true });
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** The files that a bundle of a module has, by name, and the code of the module. */
async function bundled(code: string): Promise<{ readonly names: readonly string[]; readonly code: string }> {
  const input = join(root, 'packages/one/src/main.ts');
  writeFileSync(input, code);
  const bundling = await rolldown({ cwd: root, input: { main: input }, platform: 'node', plugins: [ownFiles(root)] });
  const { output } = await bundling.generate({ format: 'cjs', entryFileNames: 'lib/[name].cjs' });
  await bundling.close();
  const [main] = output;
  return { names: output.map(({ fileName }) => fileName).toSorted(), code: main.code };
}

describe('files that code finds beside itself', () => {
  it('are programs of the bundle, where they are TypeScript', async () => {
    writeFileSync(join(root, 'packages/one/src/worker.ts'), 'console.log(1 as number);\n');
    const { names, code } = await bundled(`console.log(new URL('./worker.ts', import.meta.url));\n`);
    expect(names).toEqual(['lib/main.cjs', 'lib/worker.cjs']);
    expect(code).toContain('./worker.cjs');
  });

  it('lose their types and nothing else, where they run without the bundle', async () => {
    writeFileSync(join(root, 'packages/one/src/alone.mts'), 'export const one: number = 1;\n');
    const { names } = await bundled(`console.log(new URL('./alone.mts', import.meta.url));\n`);
    expect(names).toEqual(['lib/alone.mjs', 'lib/main.cjs']);
  });

  it('are looked for at their path in the repository, where they are anything else', async () => {
    const { code } = await bundled(`console.log(new URL('../../../examples/hello', import.meta.url));\n`);
    expect(wantedFiles(code)).toEqual(['examples/hello']);
  });

  it.each(['dirname', 'filename'])('stop the build when they are found by import.meta.%s', async (name) => {
    await expect(bundled(`console.log(import.meta.${name});\n`)).rejects.toThrow(
      `packages/one/src/main.ts: import.meta.${name} is another place in a bundle; use new URL(…) instead`,
    );
  });
});
