import { isDigest } from './digest.ts';

/** A repository of a registry. */
export type RepositoryName = {
  /** `HOST[:PORT]` in lower case; `docker.io` for Docker Hub. */
  readonly registry: string;
  /** With `library/` before the names of Docker Hub that have no slash. */
  readonly repository: string;
};

/** The name of an image or artifact. */
export type Reference = RepositoryName & { readonly tag?: string; readonly digest?: string };

/** A reference, or why a text is none. */
export type ParsedReference =
  | { readonly kind: 'reference'; readonly reference: Reference }
  | { readonly kind: 'refused'; readonly message: string };

const DOCKER_HUB = 'docker.io';
const DOCKER_HUB_API = 'registry-1.docker.io';
/** What names of a registry and its repository may have together, as in every registry. */
const MAX_NAME_CHARS = 255;
/** A name, a tag of 128 characters and the longest digest. */
const MAX_CHARS = MAX_NAME_CHARS + 1 + 128 + 1 + 135;

const LABEL = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?';
const HOST = new RegExp(String.raw`^(?:${LABEL}(?:\.${LABEL})*|\[[0-9a-f:]+\])(?::(\d{1,5}))?$`);
const PART = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const REPOSITORY = new RegExp(`^${PART}(?:/${PART})*$`);
const TAG = /^\w[\w.-]{0,127}$/;

/**
 * Reads `[HOST[:PORT]/]REPOSITORY[:TAG][@DIGEST]` as container runtimes do: what stands before the first slash is a host if it
 * has a dot or a colon, or is `localhost`; else all of it is a name of Docker Hub.
 */
export function parseReference(text: string): ParsedReference {
  const refuse = (why: string): ParsedReference => ({ kind: 'refused', message: `image '${shown(text)}' ${why}` });
  if (text.length > MAX_CHARS) return refuse('has a name that is too long');
  const at = text.indexOf('@');
  const digest = at < 0 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !isDigest(digest)) return refuse('has a digest that is neither sha256 nor sha512');
  const named = at < 0 ? text : text.slice(0, at);
  const colon = named.lastIndexOf(':');
  const hasTag = colon > named.lastIndexOf('/');
  const tag = hasTag ? named.slice(colon + 1) : undefined;
  if (tag !== undefined && !TAG.test(tag)) return refuse(`has a tag that is none: '${shown(tag)}'`);
  const name = splitName(hasTag ? named.slice(0, colon) : named);
  const host = HOST.exec(name.registry);
  if (host === null || Number(host[1] ?? 1) > 65_535 || Number(host[1] ?? 1) === 0) {
    return refuse(`has a registry that is no host: '${shown(name.registry)}'`);
  }
  if (!REPOSITORY.test(name.repository)) {
    return refuse(`has a repository that is no name: '${shown(name.repository)}'; use lower case letters and digits`);
  }
  if (name.registry.length + 1 + name.repository.length > MAX_NAME_CHARS) return refuse('has a name that is too long');
  return {
    kind: 'reference',
    reference: { ...name, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) },
  };
}

/** The whole name: `docker.io/library/nginx:1.27@sha256:…`. */
export function formatReference({ registry, repository, tag, digest }: Reference): string {
  return `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** What a registry is asked for: the digest where there is one, else the tag, else `latest`. */
export function targetOf({ tag, digest }: Reference): string {
  return digest ?? tag ?? 'latest';
}

/** The host that answers for a registry; Docker Hub has another one for that. */
export function apiHostOf(registry: string): string {
  return registry === DOCKER_HUB ? DOCKER_HUB_API : registry;
}

function splitName(name: string): RepositoryName {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const isHost = /[.:]/.test(first) || first === 'localhost';
  const registry = isHost ? first.toLowerCase() : DOCKER_HUB;
  const repository = isHost ? name.slice(slash + 1) : name;
  if (registry !== DOCKER_HUB && registry !== 'index.docker.io') return { registry, repository };
  return { registry: DOCKER_HUB, repository: repository.includes('/') ? repository : `library/${repository}` };
}

/** Of a text from anywhere, enough to know it by. */
function shown(text: string): string {
  return JSON.stringify(text.slice(0, 200)).slice(1, -1);
}
