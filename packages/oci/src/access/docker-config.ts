import { Buffer } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CartoError, isObject, type Json, type JsonObject, Secret, textAt } from '@cartographer/machinery';
import { ifThere } from '../archive/if-there.ts';
import type { RepositoryName } from '../content/reference.ts';

/** A login at a registry. */
export type RegistryLogin = { readonly username: string; readonly password: Secret };

/** What a registry takes instead of a login: a token that somebody else has fetched. */
export type RegistryToken = { readonly token: Secret };

/** The logins of one pull secret, by the hosts and paths that they are for. */
export type DockerConfig = { readonly entries: readonly { readonly key: string; readonly login: RegistryLogin }[] };

const MAX_BYTES = 1024 ** 2; // of a Secret
const DOCKER_HUB_KEY = 'index.docker.io';

/**
 * Reads the value of `.dockerconfigjson` in a Secret of type `kubernetes.io/dockerconfigjson`, or a `config.json` of docker.
 *
 * @throws CartoError `CARTO_PULL_SECRET` when it cannot be read; the message holds nothing of it.
 */
export function parseDockerConfigJson(text: string): DockerConfig {
  const document = parseDocument(text, '.dockerconfigjson');
  const auths = document['auths'];
  if (auths === undefined || auths === null) return { entries: [] };
  if (!isObject(auths)) throw unreadable('.dockerconfigjson', 'its auths are no object');
  return configOf(auths, '.dockerconfigjson');
}

/**
 * The logins that docker keeps in the `config.json` of a folder; none where there is no file.
 * @throws CartoError `CARTO_PULL_SECRET` when it cannot be read.
 */
export async function readDockerConfig(folder: string): Promise<DockerConfig> {
  const text = await ifThere(readFile(join(folder, 'config.json'), 'utf8'));
  return text === undefined ? { entries: [] } : parseDockerConfigJson(text);
}

/** Reads the value of `.dockercfg` in a Secret of type `kubernetes.io/dockercfg`, the form before that. */
export function parseDockercfg(text: string): DockerConfig {
  return configOf(parseDocument(text, '.dockercfg'), '.dockercfg');
}

/** The logins in a Secret of Kubernetes; none where it is of another type. @throws CartoError as those above. */
export function dockerConfigsIn(secret: JsonObject): readonly DockerConfig[] {
  const text = (key: string): string => Buffer.from(textAt(secret, 'data', key), 'base64').toString('utf8');
  switch (textAt(secret, 'type')) {
    case 'kubernetes.io/dockerconfigjson':
      return [parseDockerConfigJson(text('.dockerconfigjson'))];
    case 'kubernetes.io/dockercfg':
      return [parseDockercfg(text('.dockercfg'))];
    default:
      return [];
  }
}

/**
 * The logins for a repository, in the order in which they are to be tried: as the kubelet has it (`BasicDockerKeyring` of
 * k8s.io/kubernetes), keys in reverse order of their texts, so that longer paths come first, and those of one key in the order
 * of the configs. Stars stand for parts of a host, a path is a prefix.
 */
export function loginsFor(configs: readonly DockerConfig[], name: RepositoryName): readonly RegistryLogin[] {
  const entries = configs.flatMap((config) => config.entries);
  const matching = entries.filter(({ key }) => matches(key, name));
  const found =
    matching.length > 0 || name.registry !== 'docker.io'
      ? matching
      : entries.filter(({ key }) => key === DOCKER_HUB_KEY);
  // The order of equal keys stays as it is.
  return found.toSorted((left, right) => compareBytes(right.key, left.key)).map(({ login }) => login);
}

function configOf(auths: JsonObject, what: string): DockerConfig {
  const entries = Object.entries(auths).map(([place, auth]) => ({
    key: keyOf(place),
    login: loginOf(auth, `${what}: the entry of ${JSON.stringify(place.slice(0, 200))}`),
  }));
  return { entries: entries.flatMap(({ key, login }) => (key === undefined ? [] : [{ key, login }])) };
}

/** `HOST[:PORT][/PATH]`; `/v1/` and `/v2/` stand for the whole host. Undefined for what is no URL: it matches nothing. */
function keyOf(place: string): string | undefined {
  const [, rest = ''] = /^(?:https?:\/\/)?(.*)$/s.exec(place) ?? [];
  const [, host = '', path = ''] = /^([^/?#]*)([^?#]*)/.exec(rest) ?? [];
  if (host === '' || /[\s@\\]/.test(host)) return undefined;
  const effective = /^\/v[12]\//.test(path) ? path.slice(3) : path;
  return effective === '/' ? host : `${host}${effective}`;
}

function loginOf(auth: Json | undefined, what: string): RegistryLogin {
  if (!isObject(auth)) throw unreadable(what, 'it is no object');
  const encoded = auth['auth'];
  if (typeof encoded === 'string' && encoded !== '') return decode(encoded, what);
  const { username = '', password = '' } = auth;
  if (typeof username !== 'string' || typeof password !== 'string') throw unreadable(what, 'a field is no text');
  return { username, password: new Secret(password) };
}

function decode(encoded: string, what: string): RegistryLogin {
  const isBase64 = /^[A-Za-z0-9+/]*={0,2}$/.test(encoded.replace(/[\r\n]/g, ''));
  const text = isBase64 ? Buffer.from(encoded, 'base64').toString('utf8') : '';
  const colon = text.indexOf(':');
  if (colon < 0) throw unreadable(what, 'its auth has to be base64 of USER:PASSWORD');
  return { username: text.slice(0, colon), password: new Secret(text.slice(colon + 1)) };
}

/** Whether a key is for a repository: same port, as many parts of the host, each equal or by a pattern, and the path before. */
function matches(key: string, { registry, repository }: RepositoryName): boolean {
  const slash = key.indexOf('/');
  const path = slash < 0 ? '' : key.slice(slash);
  const wanted = splitHost(slash < 0 ? key : key.slice(0, slash));
  const actual = splitHost(registry);
  return (
    wanted.port === actual.port &&
    wanted.parts.length === actual.parts.length &&
    `/${repository}`.startsWith(path) &&
    wanted.parts.every((pattern, at) => matchesPart(pattern, actual.parts[at] ?? ''))
  );
}

function splitHost(host: string): { readonly parts: readonly string[]; readonly port: string } {
  const [, name = host, port = ''] = /^(.*?)(?::(\d+))?$/s.exec(host) ?? [];
  return { parts: name.startsWith('[') ? [name] : name.toLowerCase().split('.'), port };
}

/** A pattern of Go's `filepath.Match`, of which only stars can stand in the host of a URL. */
function matchesPart(pattern: string, part: string): boolean {
  let at = 0;
  let star = -1;
  let mark = 0;
  let from = 0;
  while (from < part.length) {
    if (pattern[at] === '*') {
      star = at;
      mark = from;
      at += 1;
    } else if (at < pattern.length && pattern[at] === part[from]) {
      at += 1;
      from += 1;
    } else if (star >= 0) {
      at = star + 1;
      mark += 1;
      from = mark;
    } else return false;
  }
  return /^\**$/.test(pattern.slice(at));
}

function compareBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

function parseDocument(text: string, what: string): JsonObject {
  if (text.length > MAX_BYTES) throw unreadable(what, `it has more than ${MAX_BYTES} characters`);
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw unreadable(what, 'it is no JSON'); // without the cause: parsers quote what they read
  }
  if (!isObject(document)) throw unreadable(what, 'it is no object');
  return document;
}

function unreadable(what: string, why: string): CartoError {
  return new CartoError('CARTO_PULL_SECRET', `${what} cannot be read: ${why}`);
}
