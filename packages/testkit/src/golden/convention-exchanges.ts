import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type KubeObject, listAt, parseYamlDocuments } from '@cartographer/machinery';

/** What one of the original's convention servers was asked, and what it answered. */
export type ConventionExchange = {
  /** Which server, and what is special about the request: `basic bad json`. */
  readonly server: string;
  readonly request: {
    readonly method: 'GET' | 'POST';
    readonly path: string;
    readonly contentType: string;
    /** JSON, or the very text that was sent. */
    readonly body: unknown;
  };
  readonly response: {
    readonly status: number;
    readonly headers: readonly (readonly [name: string, value: string])[];
    readonly body: string;
  };
};

const RECORDING = join(import.meta.dirname, '..', '..', 'golden', 'conventions', 'servers.json');

/** All exchanges that were recorded, in their order. */
export function loadConventionExchanges(): readonly ConventionExchange[] {
  return JSON.parse(readFileSync(RECORDING, 'utf8')) as readonly ConventionExchange[];
}

/** The PodIntents, and where they were recorded the ClusterPodConventions, that the original's controller had worked on. */
export function loadConventionObjects(name: 'podintents' | 'order-selectors'): readonly KubeObject[] {
  const text = readFileSync(join(RECORDING, '..', `${name}.yaml`), 'utf8');
  const [list] = parseYamlDocuments(text);
  return listAt(list, 'items') as readonly KubeObject[];
}
