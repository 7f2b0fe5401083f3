import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createReconcilerFixture, gitRepository, type ReconcilerFixture } from '../testing/reconciler.ts';
import { makeTempFolder, RepositoryFixture } from '../testing/repository.ts';

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

describe('a ref that names no commit', () => {
  const look = async (ref: object): Promise<string> => {
    fixture.put(gitRepository('app', { url: repository.path, ref }));
    await fixture.reconcile(KEY);
    return fixture.condition(KEY, 'Ready') ?? '';
  };

  it.each([
    { ref: { tag: 'v1.4.0' }, words: "tag 'v1.4.0' names no commit (a blob)" },
    { ref: { semver: '>=1.0.0' }, words: "tag 'v1.4.0' names no commit (a blob)" },
    { ref: { name: 'refs/tags/v1.4.0' }, words: "tag 'v1.4.0' names no commit (a blob)" },
    { ref: { name: 'refs/odd/one' }, words: "ref 'refs/odd/one' names no commit (a tree)" },
    { ref: { tag: 'annotated' }, words: "tag 'annotated' names no commit (a tree)" },
    { ref: { tag: 'nested' }, words: "tag 'nested' names no commit (a tree)" },
  ])('is named: $ref', async ({ ref, words }) => {
    const tree = await repository.git('rev-parse', 'main^{tree}');
    const blob = execFileSync('git', ['hash-object', '-w', '--stdin'], { cwd: repository.path, input: '1' });
    await repository.git('tag', 'v1.4.0', blob.toString().trim());
    await repository.git('update-ref', 'refs/odd/one', tree);
    await repository.git('tag', '-a', '-m', 'm', 'annotated', tree);
    await repository.git('tag', '-a', '-m', 'm', 'nested', 'annotated');
    expect(await look(ref)).toContain(`unable to clone '${repository.path}': ${words}`);
  });

  it('is named when it is given by its hash', async () => {
    const tree = await repository.git('rev-parse', 'main^{tree}');
    expect(await look({ commit: tree })).toContain(`'${tree}' names no commit (a tree)`);
  });

  it('is no matter when it is a tag of a tag of a commit', async () => {
    await repository.git('tag', '-a', '-m', 'm', 'one', 'main');
    await repository.git('tag', '-a', '-m', 'm', 'two', 'one');
    expect(await look({ tag: 'two' })).toMatch(/^True /);
  });
});
