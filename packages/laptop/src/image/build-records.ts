import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { canonicalJson, isObject } from '@cartographer/machinery';
import { digestOf, ifThere } from '@cartographer/oci';
import type { BuildInputs } from './image.ts';

/** A build that has ended, as it is kept on disk: what makes that none is done twice. */
export type BuildRecord = {
  readonly number: number;
  readonly name: string;
  /** The inputs as the object named them; several, when other names led to the same content. */
  readonly requests: readonly string[];
  /** Digest of the inputs themselves, the content of the source included. */
  readonly inputs: string;
  /** Digest of everything but the source: tells why the next build is needed. */
  readonly config: string;
  /** The value of the annotation that asked for it. */
  readonly trigger?: string;
  /** What was different from the build before, in kpack's words. */
  readonly reason: string;
  /** The source's archive. */
  readonly source: string;
  readonly finishedAt: number;
  readonly logFile: string;
  readonly result:
    | { readonly kind: 'built'; readonly digest: string }
    | { readonly kind: 'failed'; readonly message: string };
};

/** How often the rules of builds changed: others give other images for the same source. */
const RULES = 2;
const MAX_REQUESTS = 20;

/** Names the inputs as the object names them. Another ABI of Node makes other dependencies. */
export function requestKey(inputs: BuildInputs): string {
  return digestOf(canonicalJson({ ...inputs, rules: RULES, abi: process.versions.modules })).slice('sha256:'.length);
}

/** Names the inputs by what they are: the URL of the source counts no more, its content does. */
export function inputsKey(inputs: BuildInputs, sourceDigest: string): string {
  return requestKey({ ...inputs, url: sourceDigest });
}

/** Names everything but the source. */
export function configKey({ request: _request, ...inputs }: BuildInputs): string {
  return requestKey({ ...inputs, url: '' });
}

/** Why a build is needed, as kpack writes it; a source with other content counts as a commit. */
export function buildReason(
  last: BuildRecord | undefined,
  next: Pick<BuildRecord, 'source' | 'config' | 'trigger'>,
): string {
  if (last === undefined) return 'CONFIG';
  const reasons = [
    ...(last.source === next.source ? [] : ['COMMIT']),
    ...(last.config === next.config ? [] : ['CONFIG']),
    ...(last.trigger === next.trigger ? [] : ['TRIGGER']),
  ];
  return reasons.length === 0 ? 'TRIGGER' : reasons.join(',');
}

/** Reads the records of an image, oldest first. */
export async function readBuildRecords(file: string): Promise<readonly BuildRecord[]> {
  const text = (await ifThere(readFile(file, 'utf8'))) ?? '[]';
  try {
    const records: unknown = JSON.parse(text);
    return Array.isArray(records) ? (records.filter(isObject) as BuildRecord[]) : [];
  } catch {
    return []; // written by something else: everything in it can be made again
  }
}

/** Writes the records; readers see the old list or the new one. */
export async function writeBuildRecords(file: string, records: readonly BuildRecord[]): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(`${file}.new`, JSON.stringify(records, undefined, 1), { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
}

/** The records with one more name for the inputs of a build. */
export function withRequest(
  records: readonly BuildRecord[],
  build: BuildRecord,
  request: string,
): readonly BuildRecord[] {
  return records.map((record) =>
    record.number === build.number
      ? { ...record, requests: [...record.requests.filter((key) => key !== request), request].slice(-MAX_REQUESTS) }
      : record,
  );
}

/**
 * The records that are kept: the newest of each kind, and those whose image is in use. The first in the list is
 * never dropped for its number alone when it is the newest: numbers go on from there.
 */
export function retained(
  records: readonly BuildRecord[],
  keep: { readonly builds: number; readonly failures: number },
  inUse: ReadonlySet<string>,
): readonly BuildRecord[] {
  const newest = (kind: BuildRecord['result']['kind'], count: number): readonly BuildRecord[] =>
    records.filter(({ result }) => result.kind === kind).slice(-count);
  const kept = new Set([...newest('built', keep.builds), ...newest('failed', keep.failures), ...records.slice(-1)]);
  return records.filter(
    (record) => kept.has(record) || (record.result.kind === 'built' && inUse.has(record.result.digest)),
  );
}
