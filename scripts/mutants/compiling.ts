import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type Mutation, mutated } from './mutations.ts';
import type { Run } from './source.ts';

/** Not of interest: a bug may leave a name unused or a line out of reach. */
const LENIENT = { noUnusedLocals: false, noUnusedParameters: false, allowUnreachableCode: true };

/**
 * Those of a file's bugs that the type check lets through: nobody can commit the others. Copies of the file with one bug
 * each are checked in one go, in a folder of their own that counts as the file's.
 */
export async function compiling(
  { root, signal }: Pick<Run, 'root' | 'signal'>,
  file: string,
  source: string,
  mutations: readonly Mutation[],
): Promise<readonly Mutation[]> {
  const folder = mkdtempSync(join(tmpdir(), 'mutants-'));
  try {
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    const copyOf = (i: number): string => file.replace(/\.ts$/, `.${i}.ts`);
    // The last copy has no bug.
    [...mutations.map((mutation) => mutated(source, mutation)), source].forEach((text, i) => {
      writeFileSync(join(folder, copyOf(i)), text);
    });
    const compilerOptions = { ...LENIENT, rootDirs: [root, folder], types: ['node'] };
    const config = { extends: join(root, 'tsconfig.json'), compilerOptions, include: ['packages/**/*.ts'] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const errors = await typeErrors(root, folder, signal);
    const fails = (i: number): boolean => errors.includes(`${basename(copyOf(i))}(`);
    // A class that two files declare is two classes: where that matters, nothing is left out.
    if (fails(mutations.length)) return mutations;
    return mutations.filter((_, i) => !fails(i));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function typeErrors(root: string, folder: string, signal: AbortSignal): Promise<string> {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [tsc, '--pretty', 'false', '-p', folder];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 1 << 28, signal }, (_, stdout) => resolve(stdout));
  });
}
