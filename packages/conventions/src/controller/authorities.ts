import { Buffer } from 'node:buffer';
import { type Client, CONFIG_MAPS, getIfThere, isForbidden, isNotFound, SECRETS } from '@cartographer/kube';
import { type Clock, type KubeObject, listAt, type ResourceType, textAt } from '@cartographer/machinery';
import { caBundlePem } from '@cartographer/oci';
import { NamespaceWatches } from '@cartographer/runtime';
import { caObjectCommand } from '../install/conventions-rights.ts';
import type { CaSource } from '../kinds/read.ts';

/** Whom to trust as a server: PEM besides the system's, where there is any; or why that cannot be told. */
export type Trust =
  | { readonly kind: 'trusted'; readonly pem?: string }
  | { readonly kind: 'unknown'; readonly why: string };

/** Where certificates are read from objects of the cluster. */
type Followed = Exclude<CaSource, { readonly kind: 'system' | 'bundle' }>;

/** What {@link Authorities} needs. */
export type AuthoritiesOptions = {
  readonly client: Pick<Client, 'get' | 'list' | 'watch'>;
  readonly clock: Clock;
  /** Where the account of this process is: for the command that a message names. */
  readonly namespace: string;
  /** Something else is to be trusted at these sources. */
  readonly onChange: (keys: ReadonlySet<string>) => void;
};

const TYPES: Readonly<Record<Followed['kind'], ResourceType>> = {
  certificate: {
    group: 'cert-manager.io',
    version: 'v1',
    kind: 'CertificateRequest',
    resource: 'certificaterequests',
    namespaced: true,
  },
  secret: SECRETS,
  configMap: CONFIG_MAPS,
};
const KINDS = ['certificate', 'secret', 'configMap'] as const;
const CERTIFICATE_NAME = 'cert-manager.io/certificate-name';
/** So many of the newest, so that a server may still have its certificate from before a rotation. */
const NEWEST = 3;
/** What is read counts that long where nothing says that it has changed. */
const FRESH_MS = 60_000;

type Kept = { readonly trust: Trust; readonly readAtMs: number };

/** Knows whom to trust as the servers of conventions, and follows that as far as it may. */
export class Authorities {
  readonly #options: AuthoritiesOptions;
  readonly #watches: Readonly<Record<Followed['kind'], NamespaceWatches>>;
  readonly #sources = new Map<string, Followed>();
  readonly #kept = new Map<string, Kept>();
  readonly #reading = new Map<string, Promise<Trust>>();
  readonly #stop = new AbortController();

  constructor(options: AuthoritiesOptions) {
    this.#options = options;
    const watches = (kind: Followed['kind']): NamespaceWatches =>
      new NamespaceWatches({
        ...options,
        types: [TYPES[kind]],
        wake: (keys) => void this.#readAgain([...keys]).catch(() => undefined),
      });
    this.#watches = {
      certificate: watches('certificate'),
      secret: watches('secret'),
      configMap: watches('configMap'),
    };
  }

  /** Follows the sources of these conventions, and no others any more. */
  follow(sources: readonly CaSource[]): void {
    const followed = sources.flatMap((source) => (isFollowed(source) ? [[sourceKey(source), source] as const] : []));
    const next = new Map(followed);
    for (const [key, source] of this.#sources) {
      if (next.has(key)) continue;
      this.#watches[source.kind].note(key, source.namespace, false);
      this.#sources.delete(key);
      this.#kept.delete(key);
    }
    for (const [key, source] of next) {
      this.#watches[source.kind].note(key, source.namespace, true);
      this.#sources.set(key, source);
    }
  }

  /** @throws what the API server says, unless it says that there is nothing or that it may not be read. */
  async of(source: CaSource, convention: string): Promise<Trust> {
    switch (source.kind) {
      case 'system':
        return { kind: 'trusted' };
      case 'bundle': {
        const pem = caBundlePem(source.caBundle);
        return pem === undefined
          ? unknown(
              `convention ${convention}: caBundle is not the base64 text of certificates in PEM: base64 -w0 ca.crt`,
            )
          : { kind: 'trusted', pem };
      }
      case 'certificate':
      case 'secret':
      case 'configMap': {
        const kept = this.#kept.get(sourceKey(source));
        const isFresh = kept !== undefined && this.#options.clock.monotonicMs() - kept.readAtMs < FRESH_MS;
        const trust = isFresh ? kept.trust : await this.#read(source);
        return trust.kind === 'trusted' ? trust : unknown(`${trust.why} configured in convention "${convention}"`);
      }
    }
  }

  /** Whoever answered was not trusted: all is read anew the next time. */
  doubt(source: CaSource): void {
    if (isFollowed(source)) this.#kept.delete(sourceKey(source));
  }

  /** Follows until the signal ends it. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(KINDS.map((kind) => this.#watches[kind].run(signal)));
    this.#stop.abort(signal.reason);
    await Promise.allSettled(this.#reading.values());
  }

  async #readAgain(keys: readonly string[]): Promise<void> {
    const changed = new Set<string>();
    for (const key of keys) {
      const source = this.#sources.get(key);
      if (source === undefined) continue;
      const before = this.#kept.get(key)?.trust;
      const after = await this.#read(source);
      if (JSON.stringify(before) !== JSON.stringify(after)) changed.add(key);
    }
    if (changed.size > 0) this.#options.onChange(changed);
  }

  #read(source: Followed): Promise<Trust> {
    const key = sourceKey(source);
    const under = this.#reading.get(key);
    if (under !== undefined) return under;
    const reading = this.#look(source)
      .then((trust) => {
        this.#kept.set(key, { trust, readAtMs: this.#options.clock.monotonicMs() });
        return trust;
      })
      .finally(() => this.#reading.delete(key));
    this.#reading.set(key, reading);
    return reading;
  }

  async #look(source: Followed): Promise<Trust> {
    try {
      return source.kind === 'certificate' ? await this.#issuers(source) : await this.#object(source);
    } catch (error) {
      if (isForbidden(error)) return unknown(this.#forbidden(source));
      throw error;
    }
  }

  async #issuers({ namespace, name }: Pick<Followed, 'namespace' | 'name'>): Promise<Trust> {
    const { client } = this.#options;
    const none = `unable to find valid "CertificateRequests" for certificate "${namespace}/${name}"`;
    try {
      const { items } = await client.list(TYPES.certificate, { namespace, signal: this.#stop.signal });
      const pem = issuersIn(items, name).join('\n');
      return pem === '' ? unknown(none) : { kind: 'trusted', pem };
    } catch (error) {
      if (!isNotFound(error)) throw error;
      return unknown(`${none} (this cluster has no cert-manager: install it, or say caFrom instead)`);
    }
  }

  async #object(source: Exclude<Followed, { readonly kind: 'certificate' }>): Promise<Trust> {
    const { namespace, name } = source;
    const type = TYPES[source.kind];
    const place = `${type.kind} ${namespace}/${name}`;
    const object = await getIfThere(this.#options.client, type, { namespace, name }, { signal: this.#stop.signal });
    if (object === undefined) return unknown(`${place} does not exist: create it, or correct caFrom,`);
    const { key } = source;
    const text = textAt(object, 'data', key);
    const pem = caBundlePem(source.kind === 'secret' ? text : Buffer.from(text).toString('base64'));
    return pem === undefined ? unknown(`${place} has no certificates in PEM as ${key},`) : { kind: 'trusted', pem };
  }

  #forbidden(source: Followed): string {
    const { namespace: at, name } = source;
    const place = `${TYPES[source.kind].kind} ${at}/${name} may not be read`;
    if (source.kind === 'certificate') return `${place},`;
    const resource = source.kind === 'secret' ? 'secrets' : 'configmaps';
    return `${place}: ${caObjectCommand(this.#options.namespace, { resource, at, name })},`;
  }
}

/** What a source is known by. */
export function sourceKey(source: CaSource): string {
  return JSON.stringify(source);
}

function isFollowed(source: CaSource): source is Followed {
  return source.kind !== 'system' && source.kind !== 'bundle';
}

function unknown(why: string): Trust {
  return { kind: 'unknown', why };
}

/** Whoever issued the newest certificates of that name, the newest first. */
function issuersIn(requests: readonly KubeObject[], name: string): readonly string[] {
  return requests
    .filter(
      (request) =>
        request.metadata.annotations?.[CERTIFICATE_NAME] === name &&
        listAt(request, 'status', 'conditions').some(
          (condition) => textAt(condition, 'type') === 'Ready' && textAt(condition, 'status') === 'True',
        ),
    )
    .toSorted((a, b) => (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? ''))
    .flatMap((request) => caBundlePem(textAt(request, 'status', 'ca')) ?? [])
    .slice(0, NEWEST);
}
