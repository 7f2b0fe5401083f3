import { join } from 'node:path';
import { crds } from '@cartographer/api';
import { conventionsCrds } from '@cartographer/conventions';
import { laptopCrds } from '@cartographer/laptop';
import { toYaml } from '@cartographer/machinery';
import { scanningCrds } from '@cartographer/scanning';
import { readObjects, stageServer } from '@cartographer/testkit';
import { expect, it } from 'vitest';
import { runCommandLine } from '../../packages/cli/src/command-line.ts';
import { testSurroundings } from '../../packages/cli/src/frame/testing/test-surroundings.ts';
import { workedBy } from '../../packages/cli/src/testing/controller-at-work.ts';
import { readDoc } from './markdown.ts';

const ROOT = join(import.meta.dirname, '../..');
const EXAMPLE = join(ROOT, 'examples/hello');

const commands = [...readDoc('troubleshooting.md').matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = '']) =>
  block.trim().split('\n'),
);

it('every command of docs/troubleshooting.md answers, about the example of carto up', async () => {
  const kinds = [...crds(), ...scanningCrds(), ...conventionsCrds(), ...laptopCrds()];
  const at = await stageServer({ crds: kinds, userAgent: 'test', authorization: 'RBAC' });
  try {
    const objects = [...readObjects(join(EXAMPLE, 'chain')), ...readObjects(join(EXAMPLE, 'workload.yaml'))];
    await workedBy(at, objects.map(toYaml).join('---\n'));
    expect(commands.length).toBeGreaterThan(8);
    for (const command of commands) {
      const { terminal, ...rest } = testSurroundings({ transport: at.direct, clock: at.clock, cwd: ROOT });
      await runCommandLine(['node', ...command.split(' ')], { terminal, ...rest });
      expect([command, terminal.told()]).toEqual([command, expect.not.stringContaining('carto: ')]);
      // The controller's account is not set up here, which carto doctor tells.
      expect([command, terminal.exitCode]).toEqual([command, command === 'carto doctor' ? 2 : 0]);
    }
  } finally {
    await at.server.close();
  }
});
