import type { Json } from '@cartographer/machinery';

const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g;
const UID = /\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/g;
const SUFFIX = /^(.*)<suffix-(\d+)>$/;

/** The instant that stands in for `<time>` in what a step writes. */
const SOME_TIME = '2026-01-01T00:00:00Z';

/**
 * Translates between real values and the placeholders of the recordings. Generated names are numbered per
 * generateName in the order in which they are noted.
 */
export class Placeholders {
  readonly #namespace: string;
  readonly #names = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  /** Takes note of a created object; only one with a generated name gets a placeholder. */
  note({ name = '', generateName = '' }: { readonly name?: string; readonly generateName?: string }): void {
    if (generateName === '' || !name.startsWith(generateName) || this.knows(name)) return;
    const count = (this.#counts.get(generateName) ?? 0) + 1;
    this.#counts.set(generateName, count);
    this.#names.set(name, `${generateName}<suffix-${count}>`);
  }

  /** Whether the name has been noted. */
  knows(name: string): boolean {
    return this.#names.has(name);
  }

  /** Real values → placeholders, in every text of the value. */
  hide<T>(value: T): T {
    return mapTexts(value as Json, (text) => this.#hideText(text)) as T;
  }

  /** Placeholders → real values, in every text of the value. */
  reveal<T>(value: T): T {
    return mapTexts(value as Json, (text) => this.#revealText(text)) as T;
  }

  #hideText(text: string): string {
    // The longest name first, so that a name that begins like another one is not cut.
    const names = [...this.#names].toSorted(([left], [right]) => right.length - left.length);
    const named = names.reduce((result, [name, placeholder]) => result.replaceAll(name, placeholder), text);
    return named.replaceAll(this.#namespace, '$NS').replaceAll(TIME, '<time>').replaceAll(UID, '<uid>');
  }

  #revealText(text: string): string {
    const plain = text.replaceAll('$NS', this.#namespace).replaceAll('<time>', SOME_TIME);
    if (!SUFFIX.test(plain)) return plain;
    const found = [...this.#names].find(([, placeholder]) => placeholder === plain);
    if (found === undefined) throw new Error(`the scenario names ${plain}, which was never created`);
    return found[0];
  }
}

function mapTexts(value: Json | undefined, change: (text: string) => string): Json | undefined {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return (value as Json[]).map((item) => mapTexts(item, change) ?? null);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapTexts(item, change)]));
}
