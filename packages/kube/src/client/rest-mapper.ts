import type { Clock, Json, ResourceType, WireResponse } from '@cartographer/machinery';
import { CartoError, formatApiVersion, isObject, orAborted, parseApiVersion } from '@cartographer/machinery';
import { errorOf, TransportError } from '../transport/api-error.ts';
import type { Client } from './client.ts';
import { groupVersionPath } from './resource-path.ts';

/** No such kind on this server, for now: a CRD may still appear. The text is apimachinery's. */
export class NoMatchError extends CartoError {
  override readonly name = 'NoMatchError';
  readonly apiVersion: string;
  readonly kind: string;

  constructor(apiVersion: string, kind: string) {
    super('CARTO_NO_MATCH', `no matches for kind "${kind}" in version "${apiVersion}"`);
    this.apiVersion = apiVersion;
    this.kind = kind;
  }
}

/** Maps kinds to the resources of a URL, by the server's discovery. */
export interface RestMapper {
  /**
   * The resource of a kind.
   * @throws NoMatchError when the server does not know the kind.
   */
  resourceFor(
    kind: { readonly apiVersion: string; readonly kind: string },
    options?: { readonly signal?: AbortSignal },
  ): Promise<ResourceType>;
  /** Every resource of a group version, in the server's order; none if the server does not know it. */
  resourcesOf(apiVersion: string, options?: { readonly signal?: AbortSignal }): Promise<readonly ResourceType[]>;
  /** The kind as its group serves it at any version, the preferred one first; undefined when none has it. */
  resourceInGroup(
    kind: { readonly group: string; readonly kind: string },
    options?: { readonly signal?: AbortSignal },
  ): Promise<ResourceType | undefined>;
  /** Forgets what was learned about one group version, or everything. */
  invalidate(apiVersion?: string): void;
}

/** What {@link createRestMapper} needs. */
export type RestMapperOptions = {
  readonly client: Client;
  readonly clock: Clock;
  /** How long "no such kind" is believed. Short, so that a new CRD is seen soon; not zero, so that a loop does not hammer. */
  readonly missTtlMs?: number;
};

type Entry = {
  readonly fetchedAtMs: number;
  readonly types: Promise<readonly ResourceType[]>;
};

const MISS_TTL_MS = 2_000;
const MAX_GROUP_VERSIONS = 1_000;

/**
 * Makes a {@link RestMapper} that asks for one group version at a time, when it is first needed. A hit is kept until
 * invalidated; a miss asks the server again once it is older than `missTtlMs`. Concurrent questions share one request.
 */
export function createRestMapper({ client, clock, missTtlMs = MISS_TTL_MS }: RestMapperOptions): RestMapper {
  const entries = new Map<string, Entry>();

  const refetch = (apiVersion: string): Entry => {
    const entry = { fetchedAtMs: clock.monotonicMs(), types: discover(client, apiVersion) };
    entries.delete(apiVersion);
    entries.set(apiVersion, entry);
    if (entries.size > MAX_GROUP_VERSIONS) entries.delete(entries.keys().next().value ?? '');
    // A failure is not knowledge. Whoever waits for the entry gets the error; the next question asks again.
    entry.types.catch(() => {
      if (entries.get(apiVersion) === entry) entries.delete(apiVersion);
    });
    return entry;
  };

  const find = async (apiVersion: string, found: (types: readonly ResourceType[]) => boolean, signal?: AbortSignal) => {
    const known = entries.get(apiVersion);
    const entry = known ?? refetch(apiVersion);
    const types = await orAborted(entry.types, signal);
    if (found(types) || entry !== known || clock.monotonicMs() - entry.fetchedAtMs < missTtlMs) return types;
    const current = entries.get(apiVersion);
    return orAborted((current === entry ? refetch(apiVersion) : (current ?? refetch(apiVersion))).types, signal);
  };

  return {
    async resourceFor({ apiVersion, kind }, { signal } = {}) {
      const matches = (type: ResourceType): boolean => type.kind === kind;
      const types = await find(apiVersion, (known) => known.some(matches), signal);
      const type = types.find(matches);
      if (type === undefined) throw new NoMatchError(apiVersion, kind);
      return type;
    },
    resourcesOf: (apiVersion, { signal } = {}) => find(apiVersion, (types) => types.length > 0, signal),
    async resourceInGroup({ group, kind }, { signal } = {}) {
      for (const version of await orAborted(versionsOf(client, group), signal)) {
        const types = await find(formatApiVersion(group, version), () => true, signal);
        const type = types.find((candidate) => candidate.kind === kind);
        if (type !== undefined) return type;
      }
      return undefined;
    },
    invalidate(apiVersion) {
      if (apiVersion === undefined) entries.clear();
      else entries.delete(apiVersion);
    },
  };
}

async function discover(client: Client, apiVersion: string): Promise<readonly ResourceType[]> {
  const { group, version } = parseApiVersion(apiVersion);
  if (version === '' || version.includes('/')) return []; // Not a version that any server could have.
  const response = await client.raw({ method: 'GET', path: groupVersionPath(group, version) });
  if (response.status === 404) return [];
  if (response.status !== 200) throw errorOf(response);
  return resourcesIn(response, apiVersion)
    .filter(({ name }) => !name.includes('/')) // subresources
    .map((found) => ({
      group,
      version,
      kind: found.kind,
      resource: found.name,
      namespaced: found.namespaced === true,
    }));
}

/** What is no discovery document does not say that there are no kinds. */
function resourcesIn({ body }: WireResponse, apiVersion: string): readonly DiscoveredResource[] {
  const { resources } = (isObject(body) ? body : {}) as { readonly resources?: readonly DiscoveredResource[] | null };
  if (resources === null || Array.isArray(resources)) return resources ?? [];
  const { group, version } = parseApiVersion(apiVersion);
  const message = `the answer about ${groupVersionPath(group, version)} is not a list of resources`;
  throw new TransportError('CARTO_ANSWER_MALFORMED', message);
}

/** The served versions of a group, in the server's order of preference; the core group has one. */
async function versionsOf(client: Client, group: string): Promise<readonly string[]> {
  if (group === '') return ['v1'];
  const response = await client.raw({ method: 'GET', path: `/apis/${encodeURIComponent(group)}` });
  if (response.status === 404) return [];
  if (response.status !== 200) throw errorOf(response);
  const { versions } = (isObject(response.body) ? response.body : {}) as {
    readonly versions?: readonly GroupVersion[];
  };
  if (Array.isArray(versions)) return versions.map(({ version }) => version);
  throw new TransportError('CARTO_ANSWER_MALFORMED', `the answer about /apis/${group} is not a list of versions`);
}

type GroupVersion = { readonly version: string };
type DiscoveredResource = {
  readonly name: string;
  readonly kind: string;
  readonly namespaced?: boolean;
  readonly [field: string]: Json | undefined;
};
