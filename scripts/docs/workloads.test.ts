import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crds } from '@cartographer/api';
import { startEmbedded } from '@cartographer/testkit';
import { expect, it } from 'vitest';
import { runCommandLine } from '../../packages/cli/src/command-line.ts';
import { FIELD_MANAGER, takeOverOf } from '../../packages/cli/src/edit/makers.ts';
import { testSurroundings, testTerminal } from '../../packages/cli/src/frame/testing/test-surroundings.ts';
import { codeSpans, readDoc, section, tableRows } from './markdown.ts';

const page = readDoc('workloads.md');

/** The commands of the page, in order. */
const commands = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, text = '']) => text.trim().split('\n'));

it('who follows docs/workloads.md makes, changes and deletes workloads', async () => {
  const { adminTransport: transport, client, close } = await startEmbedded({ crds: crds() });
  const cwd = mkdtempSync(join(tmpdir(), 'workloads-'));
  expect(commands.length).toBeGreaterThan(5);
  for (const command of commands) {
    const [line = '', file] = command.split(' > ');
    const argv = line.replace('https://example.com/', '').split(' ');
    const terminal = testTerminal({ answers: ['y'] });
    await runCommandLine(['node', ...argv], testSurroundings({ transport, terminal, cwd }));
    expect([command, terminal.exitCode], terminal.told()).toEqual([command, 0]);
    if (file !== undefined) writeFileSync(join(cwd, file), terminal.written());
  }
  const { items } = await client.list({
    group: 'carto.run',
    version: 'v1alpha1',
    kind: 'Workload',
    resource: 'workloads',
    namespaced: true,
  });
  expect(items).toEqual([]);
  expect(readFileSync(join(cwd, 'cart.yaml'), 'utf8')).toContain('kind: Workload');
  await close();
});

it('docs/workloads.md names the managers that are taken over, as servers write them', () => {
  const names = tableRows(section(page, 'What others made before'), 'known to the server as').flatMap(([, cell = '']) =>
    codeSpans(cell).map((name) => name.replace('<sha256>', '7f'.repeat(32))),
  );
  expect(names.length).toBeGreaterThan(7);
  for (const manager of names) {
    const managedFields = [
      { manager, operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: {} },
    ] as const;
    const object = { apiVersion: 'v1', kind: 'X', metadata: { managedFields } };
    expect(takeOverOf(object)?.from).toEqual([manager]);
  }
  expect(page).toContain(`\`${FIELD_MANAGER}\``);
});
