import { writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { carto, crds } from '@cartographer/api';
import { type KubeObject, parseJson, stringifyJson } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { runCommandLine } from '../command-line.ts';
import { testSurroundings, testTerminal } from '../frame/testing/test-surroundings.ts';
import { stageEdits } from './testing/edit-stage.ts';
import { MADE } from './testing/update-table.ts';

const OK = ['--image', 'registry.example/web:1'];

/** Runs without any cluster: what is wrong is found before one is asked. */
async function refused(argv: readonly string[], input = ''): Promise<readonly string[]> {
  const terminal = testTerminal({ input });
  await runCommandLine(['node', 'carto', 'workload', ...argv], testSurroundings({ terminal }));
  expect([terminal.exitCode, terminal.written()]).toEqual([1, '']);
  return terminal
    .told()
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^carto: /, ''));
}

describe('flags that make no sense', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ['no name', ['apply', ...OK], ['give the NAME of the workload']],
    [
      'a name that can be none',
      ['apply', 'Web_1', ...OK],
      ['"Web_1" can be no name: lower case letters, digits, "-" and "." only'],
    ],
    [
      'a name that is too long',
      ['apply', 'a'.repeat(64), ...OK],
      [`"${'a'.repeat(64)}" is too long: what is made for it carries it as a label, of 63 characters at most`],
    ],
    [
      'a name of another kind',
      ['apply', 'deliverable/web', ...OK],
      ['"deliverable/web" is no workload; use "carto deliverable"'],
    ],
    [
      'two sources',
      ['apply', 'web', '--image', 'x', '--git-repo', 'u', '--git-branch', 'b'],
      ['--git-repo and --image are different sources: give one of them'],
    ],
    [
      'git without a ref',
      ['create', 'web', '--git-repo', 'u'],
      ['--git-branch, --git-tag or --git-commit: one is required with --git-repo'],
    ],
    [
      'a ref without git',
      ['create', 'web', '--git-branch', 'b'],
      ['--git-repo: required with a branch, tag or commit'],
    ],
    [
      'a sub-path of nothing',
      ['create', 'web', '--sub-path', 'p'],
      ['--sub-path: there is no source that it could be a folder of; give --git-repo or --source-image'],
    ],
    [
      'half an artifact',
      ['create', 'web', '--maven-artifact', 'a'],
      ['--maven-group: required for a Maven artifact', '--maven-version: required for a Maven artifact'],
    ],
    [
      'a pair that is none',
      ['apply', 'web', '--env', 'A', '--param', '=x'],
      ['--param "=x": give KEY=VALUE, or KEY- to take it away', '--env "A": give KEY=VALUE, or KEY- to take it away'],
    ],
    [
      'one key with two values',
      ['apply', 'web', '--env', 'A=1', '--env', 'A-'],
      ['--env: "A" is given twice, as "A=1" and "A-"'],
    ],
    [
      'a param in two ways',
      ['apply', 'web', '--param', 'a=1', '--param-yaml', 'a=1'],
      ['"a" is given by --param and by --param-yaml: give one of them'],
    ],
    [
      'YAML that is none',
      ['apply', 'web', '--param-yaml', 'ports=[1'],
      [expect.stringMatching(/^--param-yaml "ports": this is no YAML or JSON: .+line 1/)],
    ],
    [
      'a label that can be none',
      ['apply', 'web', '--label', 'a b=c', '--label', 'x=y z'],
      [expect.stringContaining('--label "a b": '), expect.stringContaining('--label "x": ')],
    ],
    ['a variable that can be none', ['apply', 'web', '--env', 'A B=1'], [expect.stringContaining('--env "A B": ')]],
    [
      'a quantity that is none',
      ['apply', 'web', '--limit-cpu', 'much'],
      ['--limit-cpu "much" is no quantity: give one such as 500m or 1Gi'],
    ],
    [
      'a request above its limit',
      ['create', 'web', ...OK, '--limit-cpu', '1', '--request-cpu', '1500m'],
      ['--request-cpu 1500m is more than --limit-cpu 1'],
    ],
    [
      'a claim that is none',
      ['apply', 'web', '--service-ref', 'db=v1:Secret:ns:x'],
      ['--service-ref "db": "v1:Secret:ns:x" is not APIVERSION:KIND:NAME, of an object in the same namespace'],
    ],
    [
      '-o that is none',
      ['apply', 'web', ...OK, '-o', 'table'],
      ['-o "table" is none of json, yaml, wide, name, ndjson, jsonpath=TEMPLATE'],
    ],
    [
      'waiting for what is not written',
      ['apply', 'web', ...OK, '--dry-run', '--wait'],
      ['--wait: with --dry-run nothing is written that could be waited for'],
    ],
    [
      'a file that is not there',
      ['apply', '-f', '/does/not/exist.yaml'],
      ['-f /does/not/exist.yaml: there is no such file'],
    ],
    ['a folder', ['apply', '-f', '/'], ['-f /: this is a folder']],
    ['nothing to delete', ['delete'], ['say which workloads: NAME…, -f FILE, -l SELECTOR, or --all']],
    [
      'all and one to delete',
      ['delete', 'web', '--all'],
      ['NAME and -f, --all, and -l exclude each other: give one of them'],
    ],
    [
      'an empty selector',
      ['delete', '-l', ''],
      ['-l: an empty selector selects everything; say --all if that is meant'],
    ],
    ['a selector that is none', ['delete', '-l', 'a in ('], [expect.stringContaining('-l "a in (": ')]],
  ])('%s: one line for each, and no cluster is asked', async (_, argv, lines) => {
    expect(await refused(argv)).toEqual(lines);
  });
});

describe('files that make no sense', () => {
  const head = 'apiVersion: carto.run/v1alpha1\nkind: Workload\nmetadata: {name: web}\n';
  it.each<[string, string, readonly string[]]>([
    ['nothing', '---\n# only a comment\n', ['-f -: holds nothing']],
    ['two documents', `${head}---\n${head}`, ['-f -: holds 2 documents; give one file for each Workload']],
    ['no YAML', 'a: [1', [expect.stringMatching(/^-f -: .*line 1/)]],
    ['a list', '- a', ['-f -: is no Workload, but a list or a text']],
    [
      'another kind',
      'apiVersion: carto.run/v1alpha1\nkind: Deliverable\nmetadata: {name: web}',
      ['-f -: holds a Deliverable, not a Workload; use "carto deliverable"'],
    ],
    ['another group', 'apiVersion: apps/v1\nkind: Workload', ['-f -: apiVersion must be carto.run/v1alpha1']],
    [
      'unknown fields',
      `${head}spec: {sorce: {}, source: {git: {uri: x}}}\n`,
      ['-f -: spec.sorce: a Workload has no such field', '-f -: spec.source.git.uri: a Workload has no such field'],
    ],
    ['a wrong type', `${head}spec: {image: 5}\n`, [expect.stringContaining('-f -: spec.image: expected string')]],
    [
      'a missing field',
      `${head}spec: {params: [{name: a}]}\n`,
      [expect.stringContaining('-f -: spec.params[0].value: Required value')],
    ],
    [
      'no name',
      'apiVersion: carto.run/v1alpha1\nkind: Workload\nspec: {image: x}',
      ['give the NAME of the workload: the file has no metadata.name'],
    ],
    [
      'two sources',
      `${head}spec: {image: one, source: {image: two}}`,
      ['--image and --source-image exclude each other'],
    ],
  ])('%s', async (_, input, lines) => {
    expect(await refused(['apply', '-f', '-'], input)).toEqual(lines);
  });
});

describe('a world that is not as it should be', () => {
  const APPLY = ['workload', 'apply', 'web', ...OK, '--yes'];
  const status = (code: number, message: string, reason?: string) =>
    ({ kind: 'status', code, message, ...(reason && { reason }) }) as const;

  it('without a cluster, or with a wrong context, says so', async () => {
    const home = await mkdtemp(join(tmpdir(), 'edit-'));
    const config = join(home, 'config');
    writeFileSync(
      config,
      'apiVersion: v1\nkind: Config\ncurrent-context: here\ncontexts: [{name: here, context: {cluster: c}}]\nclusters: [{name: c, cluster: {server: "http://127.0.0.1:1"}}]\n',
    );
    const run = async (argv: readonly string[]) => {
      const terminal = testTerminal();
      await runCommandLine(['node', 'carto', ...APPLY, ...argv], testSurroundings({ terminal, home, cwd: home }));
      return [terminal.exitCode, terminal.told()];
    };
    expect(await run([])).toEqual([1, expect.stringMatching(/^carto: .*kubeconfig/i)]);
    expect(await run(['--kubeconfig', config, '--context', 'prod'])).toEqual([1, expect.stringContaining('"prod"')]);
    expect(await run(['--kubeconfig', config])).toEqual([
      1,
      expect.stringContaining(`context here of ${config} cannot be reached at http://127.0.0.1:1`),
    ]);
  });

  it.each([
    ['expired credentials', status(401, 'Unauthorized'), 1, 'context test does not take your credentials'],
    [
      'no rights',
      status(403, 'workloads.carto.run "web" is forbidden: User "eve" cannot get resource "workloads"'),
      1,
      'User "eve" cannot get resource "workloads"',
    ],
    [
      'a CRD that is missing',
      status(404, 'the server could not find the requested resource'),
      1,
      'does not serve this kind: install Cartographer there',
    ],
    ['a server in trouble', status(503, 'etcd is away'), 1, 'etcd is away'],
  ])('%s: %o', async (_, fault, code, words) => {
    await using at = await stageEdits();
    at.faults.inject({ when: ({ method }) => method === 'GET', times: 9, fault });
    const ended = await at.run(APPLY);
    expect([ended.code, ended.out]).toEqual([code, '']);
    expect(ended.err.split('\n').at(-2)).toContain(words);
  });

  it('a namespace that is missing is named', async () => {
    await using at = await stageEdits();
    const { code, err } = await at.run([...APPLY, '-n', 'nowhere']);
    expect([code, err.split('\n').at(-2)]).toEqual([
      3,
      expect.stringContaining('there is no namespace "nowhere" in context test'),
    ]);
  });

  it('a server of another version keeps what only it knows, and names what it does not know', async () => {
    const versioned = crds().map((definition) =>
      definition.metadata.name === 'workloads.carto.run'
        ? (parseJson(stringifyJson(definition).replace('"serviceClaims":', '"newClaims":')) as KubeObject)
        : definition,
    );
    await using at = await stageEdits([], versioned);
    const newer = [{ name: 'db' }];
    const live = { ...MADE, spec: { image: 'i', newClaims: newer } };
    await at.client.apply(carto.kinds.Workload, live, { fieldManager: 'carto-cli' });
    const kept = await at.run(['workload', 'apply', 'web', '--env', 'A=1', '--yes']);
    expect(kept.code, kept.err).toBe(0);
    expect((await at.workload())['spec']).toMatchObject({ newClaims: newer, env: [{ name: 'A', value: '1' }] });
    const { code, err } = await at.run(['workload', 'apply', 'web', '--service-ref', 'db=v1:Secret:x', '--yes']);
    expect([code, err.split('\n').at(-2)]).toEqual([
      1,
      'carto: spec.serviceClaims: the definitions of this server have no such field, they are of another version than this carto; "carto doctor" tells',
    ]);
  });

  it('escapes in what others wrote are shown, not obeyed', async () => {
    await using at = await stageEdits([MADE]);
    const live = await at.workload();
    const params = [{ name: 'p\u001b[2J', value: 'x\u001b]0;gone\u0007' }];
    await at.client.update(carto.kinds.Workload, { ...live, spec: { image: 'i', params } });
    const { out } = await at.run(['workload', 'apply', 'web', '--param', 'q=1', '--yes'], { columns: 20 });
    expect(out).toContain('p\\e[2J');
    expect(out).not.toContain('\u001b');
  });
});
