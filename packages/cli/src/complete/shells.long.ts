import { execFile, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { crds } from '@cartographer/api';
import { createRestMapper, systemClock } from '@cartographer/kube';
import { type KubeObject, parseYamlDocuments } from '@cartographer/machinery';
import { type Embedded, startEmbedded, writeProgram } from '@cartographer/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SHELL_SCRIPTS } from './shell-scripts.ts';

const MAIN = join(import.meta.dirname, '../main.ts');

let folder: string;
let embedded: Embedded;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'carto-shells-'));
  embedded = await startEmbedded({ crds: crds() });
  const { client, server } = embedded;
  const mapper = createRestMapper({ client, clock: systemClock });
  for (const name of ['shop', 'shower']) {
    const [object] = parseYamlDocuments(
      `{apiVersion: carto.run/v1alpha1, kind: Workload, metadata: {name: ${name}, namespace: default}, spec: {image: x}}`,
    );
    await client.apply(await mapper.resourceFor(object as KubeObject), object as KubeObject, { fieldManager: 'test' });
  }
  const { url } = await server.listen({ host: '127.0.0.1', port: 0 });
  await writeFile(join(folder, 'kubeconfig'), server.kubeconfig(url));
  const bin = join(folder, 'bin');
  await mkdir(bin);
  writeProgram(join(bin, 'carto'), `#!/bin/sh\nexec ${process.execPath} ${MAIN} "$@"\n`);
  await writeFile(join(folder, 'bash'), SHELL_SCRIPTS.bash);
  env = {
    ...process.env,
    PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`,
    KUBECONFIG: join(folder, 'kubeconfig'),
    HOME: folder,
    CARTO_COMPLETION_TIMEOUT: '60s',
  };
});
afterAll(async () => {
  await embedded.close();
  await rm(folder, { recursive: true, force: true });
});

const run = promisify(execFile);

/** What bash has after Tab: it is told the words as it splits them itself, and what the script makes of them is printed. */
async function bash(words: readonly string[]): Promise<readonly string[]> {
  const script = `
    source ${join(folder, 'bash')}
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    compopt() { echo "compopt $*"; }
    _carto_complete carto "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD-1]}"
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await run('bash', ['--norc', '-c', script, 'bash', ...words], { env });
  return stdout.trimEnd().split('\n');
}

describe('the script for bash', () => {
  it.each([
    { words: ['carto', 'tai'], reply: ['compopt +o default', 'tail'] },
    { words: ['carto', 'tail', 'sho'], reply: ['compopt +o default', 'shop', 'shower'] },
    { words: ['carto', 'tail', 'del'], reply: ['compopt -o nospace', 'compopt +o default', 'deliverable/'] },
    // bash ends words at "=": what it replaces is what comes after it.
    { words: ['carto', 'up', '--authorization', '=', 'Al'], reply: ['compopt +o default', 'AlwaysAllow'] },
    { words: ['carto', 'up', '--authorization', '='], reply: ['compopt +o default', 'RBAC', 'AlwaysAllow'] },
    { words: ['carto', 'scan', ''], reply: ['compopt +o default -o dirnames'] },
    { words: ['carto', 'scan', '--policy', ''], reply: [''] },
  ])('completes $words', async ({ words, reply }) => {
    expect(await bash(words)).toEqual(reply);
  });

  it('is registered for carto', async () => {
    const { stdout } = await run('bash', ['--norc', '-c', 'source <(carto completion bash); complete -p carto'], {
      env,
    });
    expect(stdout).toBe('complete -o default -F _carto_complete carto\n');
  });
});

const has = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0;

// zsh and fish complete nothing without a terminal; that they read the script can be had where they are.
describe.each(['zsh', 'fish'] as const)('the script for %s', (shell) => {
  it.skipIf(!has(shell))(`is read without a complaint (skipped where there is no ${shell})`, async () => {
    await writeFile(join(folder, shell), SHELL_SCRIPTS[shell]);
    expect(spawnSync(shell, ['-n', join(folder, shell)], { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
  });
});
