import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Chapter } from './matrix.ts';
import type { Answer } from './normalise.ts';

/** What a real server made one kubectl say, by the calls' names. */
export type Recording = Readonly<Record<string, Answer>>;

/** Where the answers are that were recorded with a kubectl of version 1.`minor`. */
export function recordingFile(minor: number): string {
  return join(import.meta.dirname, '..', '..', '..', '..', 'testdata', `kubectl-1.${minor}.json`);
}

/** The answers recorded with a version of kubectl, or undefined. */
export function readRecording(minor: number): Recording | undefined {
  const file = recordingFile(minor);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Recording) : undefined;
}

/**
 * The answers of this server and what they should be, call by call. Where this server has fewer things than a real one,
 * what a real one has besides is left out of its answer.
 */
export function compared(
  { calls }: Chapter,
  answers: Recording,
  real: Recording,
): { readonly actual: Recording; readonly expected: Recording } {
  const expected = calls.map(({ name, subset }): [string, Answer] => {
    const answer = real[name] ?? { code: -1, out: [], err: [`nothing is recorded for ${name}`] };
    const mine = new Set(answers[name]?.out);
    return [name, subset === undefined ? answer : { ...answer, out: answer.out.filter((line) => mine.has(line)) }];
  });
  return { actual: answers, expected: Object.fromEntries(expected) };
}
