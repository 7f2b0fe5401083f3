import { RERUN_ANNOTATION } from '@cartographer/api';
import type { KubeObject } from '@cartographer/machinery';
import { LAST_APPLIED } from '../read/last-applied.ts';
import { writtenOwner } from '../read/written-owner.ts';

/** Annotations that say what was done with an object here, and nothing of what it is. */
const NOTES: ReadonlySet<string> = new Set([LAST_APPLIED, RERUN_ANNOTATION]);

/** An object as somebody could apply it elsewhere: as a person writes it, and nobody's but theirs. */
export function exportedObject({ apiVersion, kind, metadata, spec }: KubeObject): KubeObject {
  const { name, namespace, labels = {}, annotations = {} } = metadata;
  const kept = Object.fromEntries(Object.entries(annotations).filter(([key]) => !NOTES.has(key)));
  const meant = {
    ...(name === undefined ? {} : { name }),
    ...(namespace === undefined ? {} : { namespace }),
    labels,
    annotations: kept,
  };
  return writtenOwner({ apiVersion, kind, metadata: meant, spec });
}
