import { CartoError, type KubeObject } from '@cartographer/machinery';
import { done, type Reconcile } from '@cartographer/runtime';
import { imagesIn } from '../chain/template-images.ts';
import { type ConventionsCaches, requestOf } from './conventions-caches.ts';
import { accessOf, type IntentImages } from './intent-images.ts';
import { statusOf } from './intent-status.ts';

/** What tags are looked after with. */
export type MovedTagsDeps = {
  readonly caches: Pick<ConventionsCaches, 'intents'>;
  readonly images: Pick<IntentImages, 'resolve'>;
  readonly intervalMs: number;
  /** A tag of this intent means another image by now. */
  readonly wake: (key: string) => void;
};

/** Asks registries so often what the tags of an intent mean, and wakes it when that is another image. */
export function createMovedTagsReconciler({ caches, images, intervalMs, wake }: MovedTagsDeps): Reconcile {
  return async (key, { signal }) => {
    const intent = caches.intents.get(key);
    if (intent === undefined) return done;
    if (await hasMoved(intent, images, signal)) wake(key);
    return { kind: 'again', afterMs: intervalMs };
  };
}

async function hasMoved(intent: KubeObject, images: MovedTagsDeps['images'], signal: AbortSignal): Promise<boolean> {
  const request = requestOf(intent);
  if (request.kind === 'wrong') return false;
  const access = accessOf(request.value);
  const asked = new Set(imagesIn(request.value.template));
  for (const { reference, image } of statusOf(intent).images ?? []) {
    if (!asked.has(reference) || reference.includes('@')) continue;
    try {
      const now = await images.resolve(reference, access, signal);
      if (now.image !== image) return true;
    } catch (error) {
      // A registry that does not answer has moved nothing: it is asked the next time.
      if (!(error instanceof CartoError)) throw error;
    }
  }
  return false;
}
