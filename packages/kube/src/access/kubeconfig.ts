import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Clock, Json, JsonObject } from '@cartographer/machinery';
import { getKey, isList, isObject } from '@cartographer/machinery';
import type { ClusterAccess } from '../transport/cluster-access.ts';
import { KubeconfigError } from './kubeconfig-error.ts';
import type { Entry, KubeconfigFile, Section } from './kubeconfig-file.ts';
import { readKubeconfigFile } from './kubeconfig-file.ts';
import { pemOf, userCredentials } from './kubeconfig-user.ts';

/** What {@link loadKubeconfig} reads. */
export type KubeconfigOptions = {
  /** The process' environment: `KUBECONFIG`, `HOME`, and what exec plugins inherit. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** This file and no other. */
  readonly path?: string;
  /** Another context than the current one. */
  readonly context?: string;
  readonly clock: Clock;
  /** Whether exec plugins may ask a person. */
  readonly isInteractive?: boolean;
};

/**
 * Reads a kubeconfig as kubectl does: the named file, else those in `KUBECONFIG` merged (the first to say something
 * wins, missing files are skipped), else `~/.kube/config`.
 * @throws KubeconfigError
 */
export function loadKubeconfig(options: KubeconfigOptions): ClusterAccess {
  const files = readFiles(options);
  const context = chooseContext(files, options.context);
  const clusterName = context.text('cluster');
  if (clusterName === undefined) throw context.error('it names no cluster; add "cluster: <name>"');
  const cluster = find(files, 'clusters', clusterName);
  if (cluster === undefined) throw context.error(`there is no cluster "${clusterName}"; correct the name`, 'cluster');
  const userName = context.text('user');
  const user = userName === undefined ? undefined : find(files, 'users', userName);
  if (userName !== undefined && user === undefined) {
    throw context.error(`there is no user "${userName}"; correct the name`, 'user');
  }
  const access = clusterAccess(cluster);
  const around = { clock: options.clock, env: options.env, isInteractive: options.isInteractive ?? false };
  return {
    ...access,
    namespace: context.text('namespace') ?? 'default',
    context: context.name,
    credentials: userCredentials(user ?? anonymous(context), clusterInfo(cluster, access), around),
  };
}

/**
 * The names of all contexts that {@link loadKubeconfig} would choose from, in the order of the files.
 * @throws KubeconfigError
 */
export function kubeconfigContexts(options: Pick<KubeconfigOptions, 'path' | 'env'>): readonly string[] {
  const contexts = readFiles(options).flatMap((file) => file.entries('contexts'));
  return [...new Set(contexts.map(({ name }) => name))];
}

function readFiles({ path, env }: Pick<KubeconfigOptions, 'path' | 'env'>): readonly KubeconfigFile[] {
  if (path !== undefined) {
    const file = readKubeconfigFile(path);
    if (file === undefined) throw new KubeconfigError('there is no such file; check the path', { file: path });
    return [file];
  }
  const named = (env['KUBECONFIG'] ?? '').split(delimiter).filter((name) => name !== '');
  const paths = named.length > 0 ? named : [join(env['HOME'] || homedir(), '.kube', 'config')];
  const files = [...new Set(paths)].map(readKubeconfigFile).filter((file) => file !== undefined);
  if (files.length === 0) {
    const looked = paths.join(' and ');
    throw new KubeconfigError(`found none at ${looked}; set KUBECONFIG or name a file`);
  }
  return files;
}

function chooseContext(files: readonly KubeconfigFile[], wanted: string | undefined): Entry {
  const name = wanted ?? files.find((file) => file.currentContext !== undefined)?.currentContext;
  const place = { file: files[0]?.path };
  const known = files.flatMap((file) => file.entries('contexts')).map((entry) => entry.name);
  const choice = known.length === 0 ? 'it has no contexts at all' : `there are ${known.join(', ')}`;
  if (name === undefined) throw new KubeconfigError(`no current-context is set; choose one: ${choice}`, place);
  const context = find(files, 'contexts', name);
  if (context === undefined) throw new KubeconfigError(`there is no context "${name}"; ${choice}`, place);
  return context;
}

function find(files: readonly KubeconfigFile[], section: Section, name: string): Entry | undefined {
  for (const file of files) {
    const entry = file.entries(section).find((candidate) => candidate.name === name);
    if (entry !== undefined) return entry;
  }
  return undefined;
}

function clusterAccess(cluster: Entry): Omit<ClusterAccess, 'credentials' | 'namespace'> {
  const proxy = cluster.text('proxy-url');
  if (proxy !== undefined) {
    throw cluster.error('"proxy-url" cannot be used; reach the server directly or through a tunnel', 'proxy-url');
  }
  const server = serverOf(cluster);
  const caPem = pemOf(cluster, 'certificate-authority');
  const insecureSkipTlsVerify = cluster.flag('insecure-skip-tls-verify');
  if (insecureSkipTlsVerify && caPem !== undefined) {
    throw cluster.error(
      'specifying a root certificates file with the insecure flag is not allowed; remove one of the two',
      'insecure-skip-tls-verify',
    );
  }
  const tlsServerName = cluster.text('tls-server-name');
  return {
    server,
    ...(caPem === undefined ? {} : { caPem }),
    ...(insecureSkipTlsVerify ? { insecureSkipTlsVerify } : {}),
    ...(tlsServerName === undefined ? {} : { tlsServerName }),
  };
}

function serverOf(cluster: Entry): string {
  const text = cluster.text('server');
  if (text === undefined) throw cluster.error('it has no server; add "server: https://host:port"');
  const url = URL.parse(text.includes('://') ? text : `https://${text}`);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:') || url.hostname === '') {
    throw cluster.error('"server" must be a URL like https://host:port', 'server');
  }
  if (url.username !== '' || url.password !== '') {
    throw cluster.error('"server" must not contain a user or password; put them under "users"', 'server');
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

/** The cluster as an exec plugin gets it with `provideClusterInfo`. */
function clusterInfo(cluster: Entry, access: Omit<ClusterAccess, 'credentials' | 'namespace'>): JsonObject {
  const { server, caPem, insecureSkipTlsVerify, tlsServerName } = access;
  const config = extensionOf(getKey(cluster.fields, 'extensions'));
  return {
    server,
    ...(tlsServerName === undefined ? {} : { 'tls-server-name': tlsServerName }),
    ...(insecureSkipTlsVerify === true ? { 'insecure-skip-tls-verify': true } : {}),
    ...(caPem === undefined ? {} : { 'certificate-authority-data': Buffer.from(caPem).toString('base64') }),
    ...(config === undefined ? {} : { config }),
  };
}

function extensionOf(extensions: Json | undefined): Json | undefined {
  if (!isList(extensions)) return undefined;
  const found = extensions.find(
    (item) => isObject(item) && getKey(item, 'name') === 'client.authentication.k8s.io/exec',
  );
  return isObject(found) ? getKey(found, 'extension') : undefined;
}

/** A context without a user: no credentials. */
function anonymous(context: Entry): Entry {
  return { ...context, fields: {}, text: () => undefined, flag: () => false };
}
