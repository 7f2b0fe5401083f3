import { isForbidden, isNotFound, NoMatchError } from '@cartographer/kube';

/** What was read, or why it could not be, where the rest of a screen is still worth telling. */
export type IfAllowed<T> =
  | { readonly kind: 'found'; readonly value: T }
  /** The server has it, and whoever asks may not read it. */
  | { readonly kind: 'forbidden' }
  /** The server does not have the kind. */
  | { readonly kind: 'notServed' };

/** Reads for a hint or a part of a screen; failures that are no refusal are thrown. */
export async function ifAllowed<T>(reading: Promise<T>): Promise<IfAllowed<T>> {
  try {
    return { kind: 'found', value: await reading };
  } catch (error) {
    if (isForbidden(error)) return { kind: 'forbidden' };
    if (isNotFound(error) || error instanceof NoMatchError) return { kind: 'notServed' };
    throw error;
  }
}
