import { execFile } from 'node:child_process';
import { cp, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Client, RestMapper } from '@cartographer/kube';
import { CartoError, parseYamlDocuments, type KubeObject } from '@cartographer/machinery';

const run = promisify(execFile);
const EXAMPLE = join(import.meta.dirname, '../../../../examples/hello');
const FIELD_MANAGER = 'carto-example';

/** The example at work. */
export type Example = {
  /** The git repository to commit to. */
  readonly repository: string;
  /** The workload's key. */
  readonly workload: string;
};

/**
 * Sets the example up: a git repository beside the other data (an existing one is kept, with the user's commits), and
 * the chain and workload in the cluster. Safe to repeat.
 */
export async function setUpExample(deps: { client: Client; mapper: RestMapper; dir: string }): Promise<Example> {
  const repository = join(deps.dir, 'hello');
  if (!(await isRepository(repository))) await createRepository(repository);
  const chain = join(EXAMPLE, 'chain');
  for (const file of (await readdir(chain)).toSorted()) await applyFile(deps, join(chain, file));
  await applyFile(deps, join(EXAMPLE, 'workload.yaml'), { $REPOSITORY: repository });
  return { repository, workload: 'default/hello' };
}

async function isRepository(dir: string): Promise<boolean> {
  return stat(join(dir, '.git')).then(
    () => true,
    () => false,
  );
}

async function createRepository(dir: string): Promise<void> {
  await cp(join(EXAMPLE, 'app'), dir, { recursive: true });
  try {
    await run('git', ['init', '--quiet', '--initial-branch=main', dir]);
    await introduceAuthor(dir);
    await run('git', ['-C', dir, 'add', '.']);
    await run('git', ['-C', dir, 'commit', '--quiet', '-m', 'The first commit']);
  } catch (cause) {
    throw new CartoError(
      'CARTO_GIT',
      `cannot make the example repository ${dir}: ${(cause as Error).message.trim()}; is git installed?`,
      { cause, retry: 'never' },
    );
  }
}

/** Where the user never told git who they are, the repository gets an author of its own, so that `git commit` just works. */
async function introduceAuthor(dir: string): Promise<void> {
  const known = await run('git', ['-C', dir, 'config', 'user.email']).then(
    ({ stdout }) => stdout.trim() !== '',
    () => false,
  );
  if (known) return;
  await run('git', ['-C', dir, 'config', 'user.name', 'Carto Example']);
  await run('git', ['-C', dir, 'config', 'user.email', 'example@carto.invalid']);
}

async function applyFile(
  deps: { client: Client; mapper: RestMapper },
  file: string,
  values: Readonly<Record<string, string>> = {},
): Promise<void> {
  let text = await readFile(file, 'utf8');
  for (const [name, value] of Object.entries(values)) text = text.replaceAll(name, () => JSON.stringify(value));
  for (const document of parseYamlDocuments(text)) {
    const object = document as unknown as KubeObject;
    const type = await deps.mapper.resourceFor(object);
    await deps.client.apply(type, object, { fieldManager: FIELD_MANAGER, force: true });
  }
}
