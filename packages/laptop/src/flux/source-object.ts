import { getPath, type KubeObject } from '@cartographer/machinery';

/** Kept on a source until its artifacts are removed. Flux's own, so that either controller lets go of it. */
export const SOURCE_FINALIZER = 'finalizers.fluxcd.io';
/** A new value asks for a run now; `status.lastHandledReconcileAt` repeats it when done. */
const RECONCILE_REQUEST_ANNOTATION = 'reconcile.fluxcd.io/requestedAt';

/** `status.artifact`. */
export type Artifact = {
  readonly path: string;
  readonly url: string;
  readonly revision: string;
  readonly digest: string;
  readonly size: number;
  readonly lastUpdateTime: string;
  /** What the source says about the revision. */
  readonly metadata?: Readonly<Record<string, string>>;
};

/** The artifact that the status names, after a look into the store. */
export type Standing = {
  readonly artifact?: Artifact;
  /** The status names one, and the store does not have it. */
  readonly disappeared: boolean;
};

/** The value of the annotation that asks for a run, if there is one. */
export function requestedAt(object: KubeObject): string | undefined {
  const value = getPath(object.metadata.annotations, RECONCILE_REQUEST_ANNOTATION);
  return typeof value === 'string' ? value : undefined;
}

/** What can change the outcome for a source, as in Flux. */
export function sourceEssence(object: KubeObject): unknown {
  const { generation, deletionTimestamp } = object.metadata;
  return [generation, deletionTimestamp, requestedAt(object)];
}
