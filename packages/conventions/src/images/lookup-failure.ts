import { type Reference, RegistryError } from '@cartographer/oci';
import type { ImageAccess } from './image-access.ts';

/** Who looked, for what to do next. */
export type Looked = {
  readonly access: ImageAccess;
  readonly reference: Reference;
  /** Pull secrets that are named and not there. */
  readonly missing: readonly string[];
  /** What to do where Secrets of the namespace may not be read; empty where they may. */
  readonly hint: string;
};

/** The same error with what to do next; what is no error of a registry stays as it is. */
export function withNextStep(error: unknown, looked: Looked): unknown {
  if (!(error instanceof RegistryError)) return error;
  const { reason, status, retry, afterMs, message } = error;
  const options = { cause: error, retry, afterMs, ...(status === undefined ? {} : { status }) };
  return new RegistryError(reason, `${message}; ${nextStep(error, looked)}`, options);
}

function nextStep({ reason, afterMs }: RegistryError, looked: Looked): string {
  const { registry } = looked.reference;
  switch (reason) {
    case 'NotFound':
      return `push it or correct its name; registries say the same of what they hide: ${loginStep(looked)}`;
    case 'Unauthorized':
    case 'Forbidden':
      return loginStep(looked);
    case 'RateLimited':
      return afterMs === undefined
        ? `${registry} asks for fewer requests; it is asked again after a while`
        : `${registry} wants to be left alone; it is asked again in ${Math.ceil(afterMs / 1_000)} s`;
    case 'Unavailable':
      return 'it is asked again after a while';
    case 'Misbehaved':
      return `have the operator of ${registry} look at it; it is asked again after a while`;
    case 'DestinationRefused':
      return `if registries shall be looked for there, the operator allows it with --allow-destination`;
  }
}

function loginStep({ access, reference, missing, hint }: Looked): string {
  if (hint !== '') return hint;
  const { namespace, serviceAccount } = access;
  const [first] = missing;
  if (first !== undefined) {
    const all = missing.map((name) => JSON.stringify(name)).join(', ');
    return `pull secret ${all} of namespace ${namespace} is not there: create it`;
  }
  return `give ServiceAccount "${serviceAccount}" of namespace ${namespace} an imagePullSecret for ${reference.registry}`;
}
