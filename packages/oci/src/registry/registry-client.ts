import { Buffer } from 'node:buffer';
import type { LookupFunction } from 'node:net';
import { type Clock, canonicalJson } from '@cartographer/machinery';
import { createDestinations, type DestinationRules } from '../access/destinations.ts';
import type { RegistryLogin, RegistryToken } from '../access/docker-config.ts';
import type { Descriptor } from '../content/descriptor.ts';
import { digestOf } from '../content/digest.ts';
import { mediaTypes } from '../content/media-types.ts';
import { apiHostOf, type RepositoryName } from '../content/reference.ts';
import { createExchange } from './exchange.ts';
import { createGuardedAgent } from './guarded-agent.ts';
import { createPushes, type Pushes } from './pushes.ts';
import { createReferrers, type Referrers } from './referrers.ts';
import { createPulls, createRepositoryCalls, type Pulls } from './repository.ts';
import { createRetries } from './retries.ts';
import { createSession } from './session.ts';

/** What {@link createRegistryClient} needs. */
export type RegistryClientOptions = {
  readonly clock: Clock;
  /** A number in [0, 1). */
  readonly random: () => number;
  /** Where registries may be; without rules, anywhere but on this machine, over TLS. */
  readonly destinations?: DestinationRules;
  /** Authorities besides those that Node trusts, as PEM. */
  readonly caPem?: string;
  /** How often a request is sent at most, as long as it fails for reasons that pass; 5 unless said otherwise. */
  readonly attempts?: number;
  /** How names are resolved; DNS unless a test says otherwise. */
  readonly lookup?: LookupFunction;
};

/** Talks to registries, as the OCI distribution specification has it. */
export interface RegistryClient {
  /**
   * A repository, asked with these logins in their order. What it learns and the tokens it gets stay with it: make another one
   * for another account.
   */
  repository(name: RepositoryName, logins?: readonly (RegistryLogin | RegistryToken)[]): Repository;
  close(): Promise<void>;
}

/** One repository of a registry. */
export interface Repository extends Pulls {
  readonly push: Pushes;
  /** See {@link Referrers.list}. */
  referrers: Referrers['list'];
  /**
   * Uploads an artifact: its blobs, its manifest and, if it is about an image, its place in the list of referrers.
   *
   * @throws RegistryError
   */
  pushArtifact(artifact: Artifact, signal: AbortSignal): Promise<Descriptor>;
}

/** Something in a registry that is no image. */
export type Artifact = {
  readonly artifactType: string;
  readonly blobs: readonly {
    readonly mediaType: string;
    readonly bytes: Buffer;
    readonly annotations?: Readonly<Record<string, string>>;
  }[];
  /** The image that it is about. */
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Its digest is its name unless it has a tag. */
  readonly tag?: string;
};

const ATTEMPTS = 5;
const EMPTY = Buffer.from('{}');

/** Makes a {@link RegistryClient}. */
export function createRegistryClient(options: RegistryClientOptions): RegistryClient {
  const { clock, random, caPem, lookup, attempts = ATTEMPTS } = options;
  const destinations = createDestinations(options.destinations);
  const agent = createGuardedAgent({
    destinations,
    ...(caPem === undefined ? {} : { caPem }),
    ...(lookup === undefined ? {} : { lookup }),
  });
  const exchange = createExchange(agent, destinations);
  const retries = createRetries({ attempts, clock, random });
  return {
    repository(name, logins = []) {
      const host = apiHostOf(name.registry);
      const { origin } = new URL(`${destinations.schemeFor(host)}//${host}`);
      const session = createSession({ name, origin, logins, exchange, clock });
      const calls = createRepositoryCalls({ name, origin, session, retries, clock });
      const pulls = createPulls(calls);
      const push = createPushes(calls);
      const referrers = createReferrers(calls, pulls, push);
      return {
        ...pulls,
        push,
        referrers: (digest, more) => referrers.list(digest, more),
        pushArtifact: (artifact, signal) => pushArtifact(artifact, { push, referrers }, signal),
      };
    },
    close: () => agent.destroy(),
  };
}

async function pushArtifact(
  { artifactType, blobs, subject, annotations, tag }: Artifact,
  { push, referrers }: { readonly push: Pushes; readonly referrers: Referrers },
  signal: AbortSignal,
): Promise<Descriptor> {
  const config = { mediaType: mediaTypes.empty, digest: digestOf(EMPTY), size: EMPTY.length };
  const layers = blobs.map(({ bytes, ...blob }) => ({ ...blob, digest: digestOf(bytes), size: bytes.length }));
  await push.blob(config, EMPTY, signal);
  for (const [at, { bytes }] of blobs.entries()) await push.blob(layers[at] ?? config, bytes, signal);
  const document = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    artifactType,
    config,
    // The specification asks for one layer at least.
    layers: layers.length === 0 ? [config] : layers,
    ...(subject === undefined ? {} : { subject: plain(subject) }),
    ...(annotations === undefined ? {} : { annotations }),
  };
  const bytes = Buffer.from(canonicalJson(document));
  const { descriptor, listsReferrers } = await push.manifest({ mediaType: mediaTypes.manifest, bytes, tag }, signal);
  const referrer = { ...descriptor, artifactType, ...(annotations === undefined ? {} : { annotations }) };
  if (subject !== undefined && !listsReferrers) await referrers.register(subject, referrer, signal);
  return referrer;
}

/** What of a descriptor names a subject. */
function plain({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}
