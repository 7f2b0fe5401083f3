import type { MappingAnswer } from '@cartographer/engine';
import { NoMatchError, type RestMapper } from '@cartographer/kube';
import { BoundedMap, messageOf, parseApiVersion } from '@cartographer/machinery';

/** What the REST mapper said, kept so that a plan can be made without waiting. Bounded: see {@link MAX_KINDS}. */
export interface KindMappings {
  /** Undefined for what was never asked; a name that no kind can have needs no question. */
  known(apiVersion: string, kind: string): MappingAnswer | undefined;
  /** Asks the server, unless the kind is known to exist. */
  find(apiVersion: string, kind: string, signal: AbortSignal): Promise<void>;
  /** A definition of this group changed. */
  forget(group: string): void;
}

/** Kinds that are remembered; templates may render any text where a kind belongs. */
export const MAX_KINDS = 10_000;
/** No server has longer ones: a group is a DNS subdomain, its version and its kinds are DNS labels. */
const LONGEST_API_VERSION = 253 + 1 + 63;
const LONGEST_KIND = 63;

/** Makes {@link KindMappings}. */
export function createKindMappings(mapper: RestMapper): KindMappings {
  const answers = new BoundedMap<MappingAnswer>(MAX_KINDS);
  const keyOf = (apiVersion: string, kind: string): string => `${apiVersion} ${kind}`;

  return {
    known(apiVersion, kind) {
      if (apiVersion.length <= LONGEST_API_VERSION && kind.length <= LONGEST_KIND) {
        return answers.get(keyOf(apiVersion, kind));
      }
      return { kind: 'noMatch', message: new NoMatchError(apiVersion, kind).message };
    },
    async find(apiVersion, kind, signal) {
      const key = keyOf(apiVersion, kind);
      if (answers.get(key)?.kind === 'mapped') return;
      answers.set(key, await ask(mapper, apiVersion, kind, signal));
    },
    forget(group) {
      mapper.invalidate();
      for (const key of answers.keys()) {
        const [apiVersion = ''] = key.split(' ');
        if (parseApiVersion(apiVersion).group === group) answers.delete(key);
      }
    },
  };
}

async function ask(mapper: RestMapper, apiVersion: string, kind: string, signal: AbortSignal): Promise<MappingAnswer> {
  try {
    return { kind: 'mapped', type: await mapper.resourceFor({ apiVersion, kind }, { signal }) };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof NoMatchError)) return { kind: 'failed', message: messageOf(error) };
    return noMatch(mapper, error, signal);
  }
}

async function noMatch(mapper: RestMapper, error: NoMatchError, signal: AbortSignal): Promise<MappingAnswer> {
  try {
    const { group } = parseApiVersion(error.apiVersion);
    const message = await noMatchText(mapper, error, signal);
    const otherVersion = await mapper.resourceInGroup({ group, kind: error.kind }, { signal });
    return { kind: 'noMatch', message, ...(otherVersion === undefined ? {} : { otherVersion }) };
  } catch (failure) {
    signal.throwIfAborted();
    return { kind: 'failed', message: messageOf(failure) };
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
