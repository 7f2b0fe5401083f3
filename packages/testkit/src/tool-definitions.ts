import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeObject } from '@cartographer/machinery';
import { objectsIn } from './cluster/apply-objects.ts';

const FOLDER = join(import.meta.dirname, '..', 'golden', 'definitions');

/** The definition of a kind of another tool, and whose it is: `kpack v0.17.0`. */
export type ToolDefinition = { readonly origin: string; readonly definition: KubeObject };

/** The definitions of other tools' kinds, as `npm run generate:definitions` took them from the tools. */
export function toolDefinitions(): readonly ToolDefinition[] {
  return readdirSync(FOLDER).map((file) => {
    const text = readFileSync(join(FOLDER, file), 'utf8');
    const [definition] = objectsIn(text);
    const origin = /^# (?<origin>.+?)\. Written by /.exec(text)?.groups?.['origin'];
    if (definition === undefined || origin === undefined)
      throw new Error(`${file} does not say whose definition it is`);
    return { origin, definition };
  });
}
