import { afterEach, describe, expect, it } from 'vitest';
import { type TargetFlags } from './flags.ts';
import { chooseTarget } from './target.ts';
import { kubeconfigText, type TestFolder, testFolder } from './testing/folders.ts';
import { testSurroundings, testTerminal } from './testing/test-surroundings.ts';

const { signal } = new AbortController();
let folder: TestFolder | undefined;
afterEach(() => folder?.dispose());

type Case = {
  readonly flags?: Partial<TargetFlags>;
  readonly has?: { readonly variable?: true; readonly up?: true; readonly own?: true };
  readonly writes?: boolean;
  readonly answers?: readonly string[];
};

async function choose({ flags, has = {}, writes = false, answers }: Case) {
  folder = testFolder({
    'work/app/main.js': '',
    'named.yaml': kubeconfigText('named'),
    'variable.yaml': kubeconfigText('variable'),
    ...(has.own ? { 'home/.kube/config': kubeconfigText('own') } : {}),
    ...(has.up ? { 'work/.carto/kubeconfig': kubeconfigText('carto-up') } : {}),
  });
  const named = flags?.kubeconfig === undefined ? {} : { kubeconfig: folder.path(flags.kubeconfig) };
  const terminal = testTerminal(answers === undefined ? {} : { answers });
  const run = folder.path('work/.carto');
  const surroundings = {
    ...testSurroundings({
      terminal,
      cwd: folder.path('work/app'),
      home: folder.path('home'),
      env: has.variable ? { KUBECONFIG: folder.path('variable.yaml') } : {},
    }),
    findRun: async () =>
      has.up
        ? {
            pid: 1,
            server: 'https://127.0.0.1:1',
            caPem: '',
            kubeconfig: `${run}/kubeconfig`,
            dir: run,
            startedAt: '',
            version: '',
          }
        : undefined,
  };
  const { target } = await chooseTarget({ color: true, ...flags, ...named }, surroundings, { writes, signal });
  return { ...target, text: target.text.replace(folder.dir, '') };
}

describe('the cluster that is meant', () => {
  it.each<Case & { readonly is: string }>([
    {
      flags: { kubeconfig: 'named.yaml' },
      has: { variable: true, up: true, own: true },
      is: 'context named of /named.yaml',
    },
    { has: { variable: true, up: true, own: true }, is: 'context variable' },
    { has: { up: true, own: true }, is: 'carto up in ../.carto' },
    { has: { own: true }, is: 'context own' },
    { flags: { context: 'own' }, has: { up: true, own: true }, is: 'context own' },
    { has: { up: true }, writes: true, is: 'carto up in ../.carto' },
    { has: { own: true }, writes: true, is: 'context own' },
    { has: { variable: true, up: true, own: true }, writes: true, is: 'context variable' },
    { has: { up: true, own: true }, writes: true, answers: ['1'], is: 'carto up in ../.carto' },
    { has: { up: true, own: true }, writes: true, answers: ['both', '2'], is: 'context own' },
  ])('with $flags and $has, writing $writes, is $is', async ({ is, ...given }) => {
    expect((await choose(given)).text).toBe(is);
  });

  it('is never guessed by a command that writes: without a person it is refused, and no answer changes nothing', async () => {
    const both = { has: { up: true, own: true }, writes: true } as const;
    await expect(choose(both)).rejects.toMatchObject({
      code: 'CARTO_TARGET',
      message: expect.stringMatching(
        /two targets fit: carto up in .* and context own; say --context own, or --kubeconfig/,
      ) as string,
    });
    await expect(choose({ ...both, answers: [''] })).rejects.toMatchObject({ code: 'CARTO_DECLINED' });
  });

  it('lends its namespace', async () => {
    expect((await choose({ has: { own: true } })).namespace).toBe('team');
  });

  it('cannot be had from nothing', async () => {
    await expect(choose({})).rejects.toThrow(/set KUBECONFIG or name a file/);
    await expect(choose({ has: { own: true }, flags: { context: 'prod' } })).rejects.toThrow(
      /no context "prod"; there are own/,
    );
  });

  it('is known for a carto up of this machine where a kubeconfig leads to its server', async () => {
    const has = { variable: true, up: true } as const;
    expect(await choose({ has })).toMatchObject({ text: 'context variable', run: { pid: 1 } });
    folder?.dispose();
    expect(await choose({ has: { variable: true } })).not.toHaveProperty('run');
  });
});
