import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CartoError, isObject, type KubeObject, messageOf, parseYamlDocuments } from '@cartographer/machinery';
import type { Surroundings } from '../frame/surroundings.ts';

/** An object of a file, and where it stands there: `app.yaml, document 2`. */
export type Placed = { readonly object: KubeObject; readonly place: string };

/**
 * The Kubernetes objects of a file, `-` for standard input; items of a `List` count one by one.
 * @throws CartoError `CARTO_USAGE` for what cannot be read, is no YAML, or holds what is no object; with its place.
 */
export async function readDocuments(
  file: string,
  { terminal, cwd }: Pick<Surroundings, 'terminal' | 'cwd'>,
): Promise<readonly Placed[]> {
  const name = file === '-' ? 'standard input' : file;
  const text = await (file === '-' ? terminal.input() : readFile(resolve(cwd, file), 'utf8')).catch(
    (error: unknown) => {
      throw new CartoError('CARTO_USAGE', `${name} cannot be read: ${messageOf(error)}`, { cause: error });
    },
  );
  return documentsIn(name, text).flatMap((document, index) => {
    const place = `${name}, document ${index + 1}`;
    const items = isObject(document) && document['kind'] === 'List' ? document['items'] : undefined;
    if (!Array.isArray(items)) return [placed(document, place)];
    return items.map((item: unknown, at) => placed(item, `${place}, item ${at + 1}`));
  });
}

function documentsIn(name: string, text: string): readonly unknown[] {
  try {
    return parseYamlDocuments(text);
  } catch (error) {
    throw new CartoError('CARTO_USAGE', `${name}: ${messageOf(error)}`, { cause: error });
  }
}

function placed(document: unknown, place: string): Placed {
  const wrong = whatIsWrong(document);
  if (wrong !== undefined) throw new CartoError('CARTO_USAGE', `${place}: ${wrong}`);
  return { object: document as KubeObject, place };
}

/** Whatever reads the object may count on texts where Kubernetes has texts. */
function whatIsWrong(document: unknown): string | undefined {
  if (!isObject(document)) return 'this is no Kubernetes object';
  const { apiVersion, kind, metadata } = document;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return 'apiVersion and kind must be texts';
  if (!isObject(metadata)) return 'metadata must be an object';
  if (typeof metadata['name'] !== 'string') return 'metadata.name must be a text';
  for (const field of ['labels', 'annotations']) {
    const values = metadata[field] ?? {};
    if (!isObject(values)) return `metadata.${field} must be an object`;
    const wrong = Object.entries(values).find(([, value]) => typeof value !== 'string');
    if (wrong !== undefined) return `metadata.${field}.${wrong[0]} must be a text: put it in quotes`;
  }
  return undefined;
}
