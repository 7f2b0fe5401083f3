import { chmod, lstat, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeKubeconfig } from './kubeconfig-out.ts';

const kubeconfig = (token: string, namespace = 'default'): string => `
clusters: [{name: cartographer, cluster: {server: 'https://127.0.0.1:1'}}]
users: [{name: admin, user: {token: ${token}}}]
contexts: [{name: cartographer, context: {cluster: cartographer, user: admin, namespace: ${namespace}}}]
current-context: cartographer
`;

describe('the kubeconfig that carto up writes', () => {
  let dir: string;
  let file: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'carto-kubeconfig-'));
    file = join(dir, 'kubeconfig');
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));
  const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

  it('is readable by its owner alone, in a place that was readable by all, too', async () => {
    await writeKubeconfig(file, kubeconfig('one'));
    expect(await modeOf(file)).toBe(0o600);
    await chmod(file, 0o644);
    await writeKubeconfig(file, kubeconfig('two'));
    expect([await modeOf(file), await readFile(file, 'utf8')]).toEqual([0o600, kubeconfig('two')]);
    expect(await readdir(dir)).toEqual(['kubeconfig']);
  });

  it('is a new file, so that who holds the old one open does not read it', async () => {
    await writeFile(file, 'old');
    const { ino } = await stat(file);
    await writeKubeconfig(file, kubeconfig('one'));
    expect((await stat(file)).ino).not.toBe(ino);
  });

  it.each([true, false])('goes where a link leads, which stays a link (its target exists: %s)', async (exists) => {
    const target = join(dir, 'target');
    if (exists) await writeFile(target, 'old', { mode: 0o644 });
    await symlink('target', file);
    await writeKubeconfig(file, kubeconfig('one'));
    expect((await lstat(file)).isSymbolicLink()).toBe(true);
    expect([await modeOf(target), await readFile(target, 'utf8')]).toEqual([0o600, kubeconfig('one')]);
  });

  it('keeps what the user changed as long as it leads to the same server with the same token', async () => {
    await writeFile(file, kubeconfig('one', 'team'), { mode: 0o644 });
    await writeKubeconfig(file, kubeconfig('one'));
    expect([await modeOf(file), await readFile(file, 'utf8')]).toEqual([0o600, kubeconfig('one', 'team')]);
    await writeKubeconfig(file, kubeconfig('two'));
    expect(await readFile(file, 'utf8')).toBe(kubeconfig('two'));
  });

  it('takes the place of what is no kubeconfig', async () => {
    for (const old of ['', 'x: [', '- 1', 'users: 5', 'null']) {
      await writeFile(file, old);
      await writeKubeconfig(file, kubeconfig('one'));
      expect(await readFile(file, 'utf8')).toBe(kubeconfig('one'));
    }
  });

  it('leaves nothing behind when it cannot be written', async () => {
    await expect(writeKubeconfig(dir, 'x')).rejects.toMatchObject({ code: 'CARTO_FILE' });
    await expect(writeKubeconfig(join(dir, 'no', 'file'), 'x')).rejects.toMatchObject({ code: 'CARTO_FILE' });
    expect(await readdir(dir)).toEqual([]);
  });
});
