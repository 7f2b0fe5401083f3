import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { deepEqual, isObject } from '@cartographer/machinery';
import type { AppTemplate, ServiceStatus } from './service.ts';

/** One version of a Service's template. */
export type Revision = {
  readonly number: number;
  readonly name: string;
  readonly template: AppTemplate;
  /** It has answered at least once. */
  readonly wasReady: boolean;
};

/** The revisions of one Service, as they are kept on disk; oldest first. */
export type Revisions = {
  /** Of the Service: one that was made anew under the same name starts from the beginning. */
  readonly uid: string;
  readonly revisions: readonly Revision[];
};

/**
 * The revisions with the one of the template as the last. A template that differs from the newest one's gets the next
 * number. What the status says counts where the disk knows nothing: a number is never given twice.
 */
export function withTemplate(
  known: readonly Revision[],
  template: AppTemplate,
  service: { readonly name: string; readonly generation: number; readonly status: ServiceStatus },
): readonly Revision[] {
  const last = known.at(-1);
  if (last?.template.digest === template.digest) {
    // An earlier release may have read less of the same template.
    return deepEqual(last.template, template) ? known : [...known.slice(0, -1), { ...last, template }];
  }
  const { status, generation } = service;
  const told = Number(/-(\d{5,})$/.exec(status.latestCreatedRevisionName ?? '')?.[1] ?? '0');
  const isTold = last === undefined && told > 0 && status.observedGeneration === generation;
  const number = isTold ? told : Math.max(told, last?.number ?? 0) + 1;
  const name = template.revisionName ?? `${service.name}-${String(number).padStart(5, '0')}`;
  return [...known, { number, name, template, wasReady: isTold && status.latestReadyRevisionName === name }];
}

/** The newest revision that has answered. */
export function newestReady(revisions: readonly Revision[]): Revision | undefined {
  return revisions.findLast(({ wasReady }) => wasReady);
}

/** The revisions with one marked as having answered. */
export function withReady(revisions: readonly Revision[], name: string): readonly Revision[] {
  return revisions.map((revision) =>
    revision.name === name && !revision.wasReady ? { ...revision, wasReady: true } : revision,
  );
}

/** Those that are still needed: the newest, and the newest that has answered. */
export function neededRevisions(revisions: readonly Revision[]): readonly Revision[] {
  const needed = new Set([revisions.at(-1), newestReady(revisions)]);
  return revisions.filter((revision) => needed.has(revision));
}

/** Reads the revisions of a Service; none when the file belongs to an earlier Service of that name. */
export async function readRevisions(file: string): Promise<Revisions | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return 'null';
    throw error;
  });
  try {
    const read: unknown = JSON.parse(text);
    if (!isObject(read) || typeof read['uid'] !== 'string' || !Array.isArray(read['revisions'])) return undefined;
    return read as Revisions;
  } catch {
    return undefined; // written by something else
  }
}

/** Writes the revisions; readers see the old list or the new one. */
export async function writeRevisions(file: string, revisions: Revisions): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(`${file}.new`, JSON.stringify(revisions), { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
}
