import { createHash } from 'node:crypto';

import { deepFreeze, type JsonObject } from '@cartographer/machinery';

import type { Registry } from '../../core-api.ts';

/** A document that says what is served, with what HTTP says about it. */
export type Document = { readonly body: JsonObject; readonly etag: string; readonly contentType: string };

/** Documents that are made once for each state of the registry. */
export interface Documents {
  /**
   * The document of a key, made when it is asked for first. That there is none is not remembered: clients may ask for
   * any name.
   */
  get<T extends Document | undefined>(key: string, make: () => T): T;
}

/** Creates an empty keeper; `onChange` is called before the first document of a new state is made. */
export function createDocuments(
  registry: Pick<Registry, 'generation'>,
  onChange: () => void = () => undefined,
): Documents {
  let generation: number | undefined;
  const known = new Map<string, Document>();
  return {
    get<T extends Document | undefined>(key: string, make: () => T): T {
      if (generation !== registry.generation) {
        generation = registry.generation;
        known.clear();
        onChange();
      }
      const found = known.get(key);
      if (found !== undefined) return found as T;
      const made = make();
      if (made !== undefined) known.set(key, made);
      return made;
    },
  };
}

/** A document with the hash of its content as ETag. */
export function sealed(body: JsonObject, contentType = 'application/json'): Document {
  const hash = createHash('sha256').update(JSON.stringify(body)).digest('hex').toUpperCase();
  return { body: deepFreeze(body), etag: `"${hash}"`, contentType };
}
