import { carto } from '@cartographer/api';
import { goJson } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { stageEdits } from './testing/edit-stage.ts';
import { FEWER, MADE } from './testing/update-table.ts';

describe.each([80, 120])('at %d columns', (columns) => {
  it.each([
    ['colours', true],
    ['no colours', false],
  ])('with %s, screens are those that are stored', async (_, colour) => {
    await using at = await stageEdits();
    await at.as('kubectl').create(carto.kinds.Workload, MADE, { fieldManager: 'kubectl-client-side-apply' });
    const how = { columns, colour, answers: ['y'] };
    const commands: readonly (readonly [argv: readonly string[], input?: string])[] = [
      [['workload', 'apply', '-f', '-', '--image', 'registry.example/web:1', '-n', 'default'], goJson(FEWER)],
      [['workload', 'apply', 'web', '--image', 'registry.example/web:1']],
      [['workload', 'apply', 'api', '--git-repo', 'https://example.com/api.git', '--git-tag', 'v1', '--app', 'shop']],
      [['workload', 'delete', 'web', 'api', 'gone']],
    ];
    const screens: string[] = [];
    for (const [argv, input = ''] of commands) {
      const { code, out, err } = await at.run(argv, { ...how, input });
      screens.push(
        `$ carto ${argv.join(' ')}\n--- standard output\n${out}--- standard error\n${err}--- exit code ${code}\n`,
      );
    }
    await expect(screens.join('\n')).toMatchFileSnapshot(
      `testing/screens/edits-${columns}${colour ? '-colour' : ''}.txt`,
    );
  });
});
