import { rerunNonce } from '@cartographer/engine';

/**
 * The annotation that asks for these steps, or for all, to be run again: every other step keeps the nonce that it has, since
 * without it its run would be another one, perhaps one that is gone and would be made anew.
 */
export function rerunAnnotation(
  before: string | undefined,
  nonce: string,
  { step, steps }: { readonly step: string | undefined; readonly steps: readonly string[] },
): string {
  if (step === undefined) return nonce;
  const kept = [...new Set([...steps, ...namedIn(before)])].flatMap((name) => {
    const own = name === step ? nonce : rerunNonce(before, name);
    return own === '' ? [] : [`${name}=${own}`];
  });
  return [...new Set([...kept, `${step}=${nonce}`])].join(',');
}

function namedIn(annotation = ''): readonly string[] {
  return annotation.split(',').flatMap((part) => (part.includes('=') ? [part.slice(0, part.indexOf('=')).trim()] : []));
}

/** A nonce that no rerun before had: the time, without what the annotation tells its parts apart by. */
export function rerunNonceAt(nowMs: number): string {
  return new Date(nowMs).toISOString();
}
