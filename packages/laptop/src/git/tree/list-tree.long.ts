import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createReconcilerFixture, gitRepository, type ReconcilerFixture } from '../testing/reconciler.ts';
import { makeTempFolder, RepositoryFixture } from '../testing/repository.ts';
import { refuseName } from './tree-name.ts';

const KEY = 'default/app';

let temp: Awaited<ReturnType<typeof makeTempFolder>>;
let repository: RepositoryFixture;
let fixture: ReconcilerFixture;
beforeEach(async () => {
  temp = await makeTempFolder();
  repository = await RepositoryFixture.create(join(temp.path, 'app'));
  fixture = createReconcilerFixture(temp.path);
  await repository.commit('first', { 'readme.txt': 'hello' });
});
afterEach(() => temp.remove());

/** Stores an object as it is; git would refuse to make such a tree. */
function store(type: 'blob' | 'tree', content: Buffer | string): string {
  const args = ['hash-object', '-t', type, '-w', '--stdin', '--literally'];
  return execFileSync('git', args, { cwd: repository.path, input: content }).toString().trim();
}

function treeOf(...entries: readonly (readonly [mode: string, name: string, hash: string])[]): string {
  return store(
    'tree',
    Buffer.concat(
      entries.flatMap(([mode, name, hash]) => [Buffer.from(`${mode} ${name}\0`), Buffer.from(hash, 'hex')]),
    ),
  );
}

/** Makes main a commit of a tree, and looks at it. */
async function observe(tree: string, spec: object = {}): Promise<string> {
  const commit = await repository.git('commit-tree', '-m', 'hostile', tree);
  await repository.git('update-ref', 'refs/heads/main', commit);
  fixture.put(gitRepository('app', { url: repository.path, ref: { branch: 'main' }, ...spec }));
  await fixture.reconcile(KEY);
  return fixture.condition(KEY, 'Ready') ?? '';
}

describe('a tree', () => {
  it.each([
    ['..', '..'],
    ['.', '.'],
    ['.git', '.git'],
    ['.GIT', '.GIT'],
    ['git~1', 'git~1'],
    ['.git ', '.git '],
    ['../../etc/cron.d/x', '../../etc/cron.d/x'],
    ['a/b', 'a/b'],
    ['/etc/passwd', '/etc/passwd'],
    ['a\\..\\..\\b', 'a\\\\..\\\\..\\\\b'],
  ])('with an entry %j becomes no archive, at the top and further down', async (name, shown) => {
    const blob = store('blob', 'evil');
    const hostile = treeOf(['100644', name, blob]);
    expect(await observe(hostile)).toContain(`entry '${shown}' of the tree is refused: `);
    const sub = treeOf(['100644', 'ok', blob], ['40000', name, treeOf(['100644', 'x', blob])]);
    expect(await observe(treeOf(['40000', 'sub', sub]))).toContain(`entry 'sub/${shown}' of the tree is refused: `);
    expect(await readdir(join(temp.path, 'artifacts')).catch(() => [])).toEqual([]);
  });

  it('with the same name twice becomes no archive, and neither does a name that looks like a folder’s content', async () => {
    const [one, two] = [store('blob', 'one'), store('blob', 'two')];
    expect(await observe(treeOf(['100644', 'a', one], ['100644', 'a', two]))).toContain(
      "entry 'a' of the tree is refused: its folder has that name twice",
    );
    const folder = treeOf(['100644', 'x', one]);
    expect(await observe(treeOf(['40000', 'a', folder], ['100644', 'a/b', two]))).toContain("entry 'a/b' of the tree");
  });

  it('that is damaged or too large in the end is told, and ends nothing else', async () => {
    expect(await observe(store('tree', Buffer.from('100644 x\0short')))).toMatch(/^False GitOperationFailed /);
    let tree = treeOf(['100644', 'x', store('blob', '')]);
    for (let depth = 0; depth < 8; depth += 1)
      tree = treeOf(...Array.from({ length: 10 }, (_, at) => ['40000', `d${at}`, tree] as const));
    expect(await observe(tree)).toContain('the tree has more than 500000 entries');
    expect(await observe(treeOf(['100644', 'fine', store('blob', '1')]))).toMatch(/^True /);
  });
});

it.each(['', '.git:stream', '.Git...', '.g\u200cit', 'x\\.git', 'x\\..'])('the name %j is refused', (name) => {
  expect(refuseName(Buffer.from(name).toString('latin1'))).toBeDefined();
});

it.each(['...', '..a', '.gitignore', '.github', 'git', 'git~2', '.git2', 'dev\\x2dsda', ' ', 'ü', 'a:b', '-', 'con'])(
  'the name %j is taken',
  (name) => {
    expect(refuseName(Buffer.from(name).toString('latin1'))).toBeUndefined();
  },
);
