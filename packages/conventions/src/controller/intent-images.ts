import type { ImageFacts } from '@cartographer/convention-sdk';
import type { ImageAccess } from '../images/image-access.ts';
import type { Include } from '../kinds/cluster-pod-convention.ts';
import type { IntentRequest } from '../kinds/read.ts';

/** Looks at the images of intents. */
export type IntentImages = {
  resolve(reference: string, access: ImageAccess, signal: AbortSignal): Promise<{ readonly image: string }>;
  read(image: string, access: ImageAccess, signal: AbortSignal, include: readonly Include[]): Promise<ImageFacts>;
};

/** Those of an intent. */
export function accessOf({ namespace, serviceAccountName, pullSecrets }: IntentRequest): ImageAccess {
  return { namespace, serviceAccount: serviceAccountName, pullSecrets };
}
