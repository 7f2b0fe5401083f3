import type { MappingAnswer } from '@cartographer/engine';
import { NoMatchError, type RestMapper } from '@cartographer/kube';
import { messageOf } from '@cartographer/machinery';

/** What the REST mapper said, kept so that a plan can be made without waiting. */
export interface KindMappings {
  known(apiVersion: string, kind: string): MappingAnswer | undefined;
  /** Asks the server, unless the kind is known to exist. */
  find(apiVersion: string, kind: string, signal: AbortSignal): Promise<void>;
  /** A definition of this group changed. */
  forget(group: string): void;
}

/** Makes {@link KindMappings}. */
export function createKindMappings(mapper: RestMapper): KindMappings {
  const answers = new Map<string, MappingAnswer>();
  const keyOf = (apiVersion: string, kind: string): string => `${apiVersion} ${kind}`;

  return {
    known: (apiVersion, kind) => answers.get(keyOf(apiVersion, kind)),
    async find(apiVersion, kind, signal) {
      const key = keyOf(apiVersion, kind);
      if (answers.get(key)?.kind === 'mapped') return;
      answers.set(key, await ask(mapper, apiVersion, kind, signal));
    },
    forget(group) {
      mapper.invalidate();
      for (const key of answers.keys()) {
        if (key.startsWith(`${group}/`)) answers.delete(key);
      }
    },
  };
}

async function ask(mapper: RestMapper, apiVersion: string, kind: string, signal: AbortSignal): Promise<MappingAnswer> {
  try {
    return { kind: 'mapped', type: await mapper.resourceFor({ apiVersion, kind }, { signal }) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof NoMatchError) return { kind: 'noMatch', message: await noMatchText(mapper, error, signal) };
    return { kind: 'failed', message: messageOf(error) };
  }
}

/** As controller-runtime has it: a group version that the server lacks reads otherwise than a kind that it lacks. */
async function noMatchText(mapper: RestMapper, error: NoMatchError, signal: AbortSignal): Promise<string> {
  const { apiVersion, message } = error;
  const known = await mapper.resourcesOf(apiVersion, { signal });
  return known.length > 0
    ? message
    : `failed to get API group resources: unable to retrieve the complete list of server APIs: ${apiVersion}: the server could not find the requested resource`;
}
