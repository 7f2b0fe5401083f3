import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { API_VERSION, carto, rootSchema } from '@cartographer/api';
import {
  CartoError,
  compileSchema,
  isObject,
  type Json,
  type JsonObject,
  type KubeObject,
  mergeSchemaOf,
  messageOf,
  type ObjectMeta,
  parseYamlDocuments,
  typedErrors,
} from '@cartographer/machinery';
import type { Surroundings } from '../frame/surroundings.ts';
import { ProblemsError } from '../frame/words.ts';
import { withoutLastApplied } from '../read/last-applied.ts';

/** Kinds that `create` and `apply` edit. */
export type EditedKind = 'Workload' | 'Deliverable';

const MAX_BYTES = 3 * 1024 * 1024;
const FETCH_TIMEOUT_MS = 30_000;

/**
 * Reads the one owner that `-f` names: a file, an http or https URL, or `-` for standard input. What a server set is left out:
 * the output of `get -o yaml` can be applied again.
 * @throws CartoError `CARTO_USAGE`, ProblemsError with one line for each thing that is wrong.
 */
export async function readOwner(
  from: string,
  kind: EditedKind,
  surroundings: Surroundings,
  signal?: AbortSignal,
): Promise<KubeObject> {
  const place = `-f ${from}`;
  const text = await readText(from, surroundings, signal);
  const documents = parsed(text, place);
  const [document, ...more] = documents;
  if (document === undefined) throw new CartoError('CARTO_USAGE', `${place}: holds nothing`);
  if (more.length > 0) {
    throw new CartoError(
      'CARTO_USAGE',
      `${place}: holds ${documents.length} documents; give one file for each ${kind}`,
    );
  }
  const problems = documentProblems(document, kind);
  if (problems.length > 0) throw new ProblemsError(problems.map((problem) => `${place}: ${problem}`));
  return withoutServerFields(document as JsonObject);
}

async function readText(from: string, { terminal, cwd }: Surroundings, signal?: AbortSignal): Promise<string> {
  if (from === '-') return terminal.input();
  if (/^https?:\/\//i.test(from)) return fetchText(from, signal);
  try {
    return await readFile(isAbsolute(from) ? from : join(cwd, from), 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'this is a folder' : messageOf(error);
    throw new CartoError('CARTO_USAGE', `-f ${from}: ${why}`, { cause: error });
  }
}

async function fetchText(url: string, signal?: AbortSignal): Promise<string> {
  const ends = [AbortSignal.timeout(FETCH_TIMEOUT_MS), ...(signal === undefined ? [] : [signal])];
  try {
    const answer = await fetch(url, { signal: AbortSignal.any(ends) });
    if (!answer.ok) throw new CartoError('CARTO_USAGE', `-f ${url}: the server answered ${answer.status}`);
    return await boundedText(answer, url);
  } catch (error) {
    if (error instanceof CartoError || signal?.aborted === true) throw error;
    const { cause } = error as Error;
    const why = cause instanceof Error ? cause.message : messageOf(error);
    throw new CartoError('CARTO_USAGE', `-f ${url}: cannot be read: ${why}`, { cause: error });
  }
}

async function boundedText(answer: Response, url: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new CartoError('CARTO_USAGE', `-f ${url}: is longer than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string, place: string): readonly Json[] {
  try {
    return parseYamlDocuments(text);
  } catch (error) {
    throw new CartoError('CARTO_USAGE', `${place}: ${messageOf(error)}`, { cause: error });
  }
}

function documentProblems(document: Json, kind: EditedKind): readonly string[] {
  if (!isObject(document)) return [`is no ${kind}, but a list or a text`];
  if (document['apiVersion'] !== API_VERSION) return [`apiVersion must be ${API_VERSION}`];
  const { kind: found } = document;
  if (found !== kind) {
    const other = found === 'Workload' || found === 'Deliverable' ? `; use "carto ${found.toLowerCase()}"` : '';
    return [`holds ${typeof found === 'string' ? `a ${found}` : 'no kind'}, not a ${kind}${other}`];
  }
  if (document['metadata'] !== undefined && !isObject(document['metadata'])) return ['metadata must be a map'];
  const schema = rootSchema(carto.kinds[kind]);
  const compiled = compileSchema(schema);
  const { status: _, ...written } = document;
  const { value, pruned } = compiled.prune({
    ...written,
    metadata: document['metadata'] ?? {},
    spec: document['spec'] ?? {},
  });
  const unknown = pruned.map((field) => `${field}: a ${kind} has no such field`);
  const errors = typedErrors(value, mergeSchemaOf(schema)).map((error) => inWords(error, kind));
  if (unknown.length > 0 || errors.length > 0) return [...unknown, ...errors];
  return compiled.validate(value).map(({ field, message }) => `${field}: ${message}`);
}

function inWords(error: string, kind: EditedKind): string {
  return error.replace(/^\./, '').replace('field not declared in schema', `a ${kind} has no such field`);
}

/** What a server sets, or another program for itself, is nobody's intent. */
const NOT_WRITTEN = ['managedFields', 'resourceVersion', 'uid', 'generation', 'creationTimestamp'] as const;

function withoutServerFields(document: JsonObject): KubeObject {
  const { status: _, metadata, ...rest } = document as Partial<KubeObject>;
  const kept: { -readonly [Field in keyof ObjectMeta]: ObjectMeta[Field] } = { ...metadata };
  for (const key of NOT_WRITTEN) delete kept[key];
  const { apiVersion = '', kind = '' } = rest;
  return { ...rest, apiVersion, kind, metadata: withoutLastApplied(kept) };
}
