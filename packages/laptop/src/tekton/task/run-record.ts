import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isObject, parseJson } from '@cartographer/machinery';
import { ifThere } from '@cartographer/oci';

/** How a step went. */
export type StepRecord = {
  readonly name: string;
  readonly startedMs: number;
  readonly finishedMs?: number;
  readonly exitCode?: number;
  readonly took?: 'tooLong';
};

/** How all steps ended. */
export type RunEnd =
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'failed'; readonly message: string }
  /** What the task gave out is not what it declares. */
  | { readonly kind: 'invalid'; readonly message: string };

/** A try of a run, as it is kept on disk: written before its first step is started, so that none is run twice. */
export type RunRecord = {
  readonly uid: string;
  readonly attempt: number;
  readonly steps: readonly StepRecord[];
  /** What the steps wrote, by the names of results. */
  readonly results: Readonly<Record<string, string>>;
  readonly end?: RunEnd;
};

/** Reads the record of a run; undefined when there is none, or it is broken. */
export async function readRunRecord(file: string): Promise<RunRecord | 'broken' | undefined> {
  const text = await ifThere(readFile(file, 'utf8'));
  if (text === undefined) return undefined;
  try {
    const record = parseJson(text);
    return isObject(record) ? (record as RunRecord) : 'broken';
  } catch {
    return 'broken';
  }
}

/** Writes the record, down to the disk; readers see the old one or the new one. */
export async function writeRunRecord(file: string, record: RunRecord): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(`${file}.new`, JSON.stringify(record), { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
}
