import type { ResourceStatus } from '@cartographer/api';
import type { Json, KubeObject } from '@cartographer/machinery';
import { getKey, getPath, isList, isObject } from '@cartographer/machinery';
import type { Cluster } from '../world/world.ts';

/** What stands for a value that was read from a Secret. No value's YAML reads like this: a text would be quoted. */
export const REDACTED = '[redacted]';

/** Whether an object is a core Secret. */
export function isSecret({ apiVersion, kind }: { readonly apiVersion?: unknown; readonly kind?: unknown }): boolean {
  return apiVersion === 'v1' && kind === 'Secret';
}

/** Whether what is read from an object is a Secret's: of a Secret, or of a Runnable whose runs are Secrets. */
export function givesSecrets(object: KubeObject, cluster: Pick<Cluster, 'template'>): boolean {
  if (isSecret(object)) return true;
  const name = object.kind === 'Runnable' ? getPath(object['spec'], 'runTemplateRef', 'name') : undefined;
  if (typeof name !== 'string') return false;
  const run = getPath(cluster.template({ kind: 'ClusterRunTemplate', name })?.['spec'], 'template');
  return isObject(run) && isSecret(run);
}

/** Shorter values are no more than letters: they are taken out only where they stand alone. */
const SHORTEST_WORD = 4;

/** The values of Secrets that a plan has come across: no text that others can read may hold them. */
export class SecretValues {
  readonly #texts = new Set<string>();
  /** All forms of the texts, the longest first: made when a text is to be redacted, and anew when more values came. */
  #forms: readonly string[] | undefined;

  /** Takes note of what a Secret holds; any other object is passed over. */
  addObject(object: KubeObject): void {
    if (!isSecret(object)) return;
    for (const field of ['data', 'stringData']) this.add(getKey(object, field));
  }

  /** Takes note of a value and all that it holds. */
  add(value: Json | undefined): void {
    if (isList(value)) for (const item of value) this.add(item);
    else if (isObject(value)) for (const item of Object.values(value)) this.add(item);
    else if (typeof value === 'string') this.#addText(value);
    else if (typeof value === 'number' || typeof value === 'bigint') this.#addText(String(value));
  }

  #addText(text: string): void {
    if (this.#texts.has(text)) return;
    this.#texts.add(text);
    this.#forms = undefined;
  }

  /** The text without any of the values, in whatever form it has them. */
  redact(text: string): string {
    if (this.#texts.size === 0 || text === '') return text;
    this.#forms ??= [...this.#texts].flatMap(formsOf).toSorted((a, b) => b.length - a.length);
    return this.#forms
      .filter((form) => text.includes(form))
      .reduce(
        (rest, value) => (value.length >= SHORTEST_WORD ? rest.replaceAll(value, REDACTED) : withoutWord(rest, value)),
        text,
      );
  }
}

const LETTER = /[\p{L}\p{N}]/u;

function withoutWord(text: string, word: string): string {
  let result = '';
  let from = 0;
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, from)) {
    const end = at + word.length;
    const standsAlone = !LETTER.test(text.charAt(at - 1)) && !LETTER.test(text.charAt(end));
    result += text.slice(from, at) + (standsAlone ? REDACTED : word);
    from = end;
  }
  return result + text.slice(from);
}

/** A text as it is, in base64 and out of it, and as JSON and Go quote each of these. */
function formsOf(text: string): readonly string[] {
  const encoded = Buffer.from(text, 'utf8').toString('base64');
  const decoded = Buffer.from(text, 'base64');
  const plain = decoded.toString('base64') === text ? decoded.toString('utf8') : text;
  const forms = [text, encoded, plain, text.trim(), plain.trim()];
  return [...forms, ...forms.map((form) => JSON.stringify(form).slice(1, -1))].filter((form) => form !== '');
}

/**
 * The entries of a status without values that were read from a Secret, those of earlier passes and versions included.
 * A value that is handed on is known by its digest: shown beside the same digest, it would be shown after all.
 */
export function withoutSecrets(resources: readonly ResourceStatus[]): readonly ResourceStatus[] {
  const secret = new Set<string>();
  for (const { stampedRef, outputs = [] } of resources) {
    for (const { preview, digest } of outputs) {
      if (preview === REDACTED || (stampedRef !== undefined && isSecret(stampedRef))) secret.add(digest);
    }
  }
  if (secret.size === 0) return resources;
  return resources.map((entry) =>
    entry.outputs === undefined
      ? entry
      : {
          ...entry,
          outputs: entry.outputs.map((output) =>
            secret.has(output.digest) ? { ...output, preview: REDACTED } : output,
          ),
        },
  );
}
