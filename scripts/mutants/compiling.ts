import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseSync } from 'oxc-parser';
import { type Mutation, mutated } from './mutations.ts';
import type { Run } from './source.ts';

/** Not of interest: a bug may leave a name unused or a line out of reach. */
const LENIENT = { noUnusedLocals: false, noUnusedParameters: false, allowUnreachableCode: true };

/** A file (a path from the root) as it stands, and bugs to try in it. */
export type Candidates = { readonly file: string; readonly source: string; readonly mutations: readonly Mutation[] };

/**
 * Those bugs of each file, in the order given, that the type check lets through: nobody can commit the others. Copies of
 * the files with one bug each are checked in one go, in a folder of their own that counts as the files'.
 */
export async function compiling(
  { root, signal }: Pick<Run, 'root' | 'signal'>,
  wanted: readonly Candidates[],
): Promise<readonly (readonly Mutation[])[]> {
  const candidates = wanted.map(parsing);
  const folder = mkdtempSync(join(tmpdir(), 'mutants-'));
  try {
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    for (const candidate of candidates) writeCopies(folder, candidate);
    const compilerOptions = { ...LENIENT, rootDirs: [root, folder], types: ['node'] };
    const config = { extends: join(root, 'tsconfig.json'), compilerOptions, include: ['packages/**/*.ts'] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const errors = await typeErrors(root, folder, signal);
    return candidates.map(({ file, mutations }) => {
      const fails = (i: number): boolean => errors.includes(`${copyOf(file, i)}(`);
      // A class that two files declare is two classes: where that matters, nothing is left out.
      return fails(mutations.length) ? mutations : mutations.filter((_, i) => !fails(i));
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Without the bugs that are no TypeScript: with one of them about, the type check looks at nothing else. */
function parsing({ file, source, mutations }: Candidates): Candidates {
  const parses = (mutation: Mutation): boolean => parseSync(file, mutated(source, mutation)).errors.length === 0;
  return { file, source, mutations: mutations.filter(parses) };
}

/** One copy for each bug; the last copy has none. */
function writeCopies(folder: string, { file, source, mutations }: Candidates): void {
  mkdirSync(join(folder, dirname(file)), { recursive: true });
  [...mutations.map((mutation) => mutated(source, mutation)), source].forEach((text, i) => {
    writeFileSync(join(folder, copyOf(file, i)), text);
  });
}

function copyOf(file: string, i: number): string {
  return file.replace(/\.ts$/, `.${i}.ts`);
}

function typeErrors(root: string, folder: string, signal: AbortSignal): Promise<string> {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [tsc, '--pretty', 'false', '-p', folder];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 1 << 28, signal }, (error, stdout) => {
      const isEnded = error === null || typeof error.code === 'number' || signal.aborted;
      if (isEnded) resolve(stdout);
      else reject(new Error('the type check of the bugs did not end', { cause: error }));
    });
  });
}
