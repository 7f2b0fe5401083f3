import { Buffer } from 'node:buffer';
import { INSTALL_NAMES } from '@cartographer/controller';
import { JENKINS_API_VERSION, jenkinsKinds, type RunningJenkins, startJenkins } from '@cartographer/jenkins';
import { type Client, createClient, SECRETS } from '@cartographer/kube';
import { CartoError, type Clock, type KubeObject, type Log, type Transport } from '@cartographer/machinery';
import { VERSION } from '../../running/version.ts';

/** What {@link startJenkinsPart} needs. */
export type JenkinsPartOptions = {
  /** Acts as the admin. */
  readonly client: Client;
  /** Acts as what runs builds. */
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Log;
  /** Where its server is made: builds of the examples are there. */
  readonly namespace: string;
  /** Of `--jenkins`. */
  readonly url: string;
  /** Holds the login. */
  readonly environment: Readonly<Record<string, string | undefined>>;
};

const SERVER = 'jenkins';
const HOW = { fieldManager: 'carto-up', force: true } as const;

/**
 * Starts what runs builds on the Jenkins of the command line, and makes the JenkinsServer for it.
 *
 * @throws CartoError `CARTO_USAGE` when the URL is none, or has a login in it: others would see that among the processes.
 */
export async function startJenkinsPart({
  client,
  transport,
  clock,
  log,
  namespace,
  url,
  environment,
}: JenkinsPartOptions): Promise<RunningJenkins> {
  const { host, protocol } = placeOf(url);
  const { CARTO_JENKINS_USERNAME: username, CARTO_JENKINS_TOKEN: apiToken } = environment;
  const metadata = { name: SERVER, namespace };
  const hasLogin = username !== undefined && apiToken !== undefined;
  if (hasLogin) {
    const data = Object.fromEntries(
      Object.entries({ username, apiToken }).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
    );
    await client.apply(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata, data }, HOW);
  }
  const server: KubeObject = {
    apiVersion: JENKINS_API_VERSION,
    kind: 'JenkinsServer',
    metadata,
    spec: { url, ...(hasLogin ? { secretRef: { name: SERVER } } : {}) },
  };
  await client.apply(jenkinsKinds.JenkinsServer, server, HOW);
  return startJenkins({
    client: createClient({ transport, clock, userAgent: `carto-jenkins/${VERSION}` }),
    namespace: INSTALL_NAMES.namespace,
    clock,
    log: log.child({ part: 'jenkins' }),
    serverHosts: [host],
    destinations: { allowed: [host], plainHttp: protocol === 'http:' ? [host] : [] },
  });
}

function placeOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new CartoError('CARTO_USAGE', `--jenkins "${text}" is no URL, such as https://ci.example.com`, {
      retry: 'never',
    });
  }
  if (url.username === '' && url.password === '') return url;
  const message = '--jenkins has a login in its URL: use CARTO_JENKINS_USERNAME and CARTO_JENKINS_TOKEN';
  throw new CartoError('CARTO_USAGE', message, { retry: 'never' });
}
