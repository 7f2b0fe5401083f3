import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Candidates } from './compiling.ts';
import { type Mutation, mutationsOf } from './mutations.ts';

/** What a run of `npm run mutants` goes on with. */
export type Run = {
  /** The root of the repository. */
  readonly root: string;
  /** How many files are tried side by side. */
  readonly processes: number;
  readonly signal: AbortSignal;
  /** Tells the user a line. */
  readonly say: (line: string) => void;
};

/** A file (a path from the root) as it stands, and all its bugs. */
export function sourceOf(root: string, file: string): Candidates {
  const source = readFileSync(join(root, file), 'utf8');
  return { file, source, mutations: mutationsOf(file, source) };
}

/** A bug for a reader. */
export function textOf(file: string, { line, operator, before, after }: Mutation): string {
  return `${file}:${line} ${operator}\n  - ${before}\n  + ${after}`;
}
