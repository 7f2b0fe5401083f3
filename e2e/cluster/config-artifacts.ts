import { Buffer } from 'node:buffer';
import { gzipSync } from 'node:zlib';
import { systemClock } from '@cartographer/kube';
import { type KubeObject, toYaml } from '@cartographer/machinery';
import { createRegistryClient, digestOf, mediaTypes } from '@cartographer/oci';
import { tarOf } from '../../packages/oci/src/testing/tar-of.ts';
import { type DockerRegistry, startDockerRegistry } from './docker-registry.ts';

/** Configuration in a registry, as Flux reads it. */
export type ConfigArtifacts = {
  /** `oci://127.0.0.1:PORT/team/config`, under the tag `latest`. */
  readonly url: string;
  /** A Secret with the login that the registry asks for. */
  loginSecret(name: string, namespace: string): KubeObject;
  /** Pushes objects as the newest configuration; resolves with the revision that Flux gives it. */
  push(...objects: readonly KubeObject[]): Promise<string>;
  close(): Promise<void>;
};

const CONFIG = 'application/vnd.cncf.flux.config.v1+json';
const CONTENT = 'application/vnd.cncf.flux.content.v1.tar+gzip';
const REPOSITORY = 'team/config';

/** Starts a real registry for configuration. */
export async function startConfigArtifacts(): Promise<ConfigArtifacts> {
  const registry: DockerRegistry = await startDockerRegistry();
  const { host, login } = registry;
  const destinations = { allowed: [host], plainHttp: [host] };
  const client = createRegistryClient({ clock: systemClock, random: Math.random, destinations });
  const { push } = client.repository({ registry: host, repository: REPOSITORY }, [login]);
  const { signal } = new AbortController();
  const blob = async (mediaType: string, bytes: Buffer): Promise<object> => {
    const descriptor = { digest: digestOf(bytes), size: bytes.length };
    await push.blob(descriptor, bytes, signal);
    return { mediaType, ...descriptor };
  };
  return {
    url: `oci://${host}/${REPOSITORY}`,
    loginSecret(name, namespace) {
      const auth = Buffer.from(`${login.username}:${login.password.reveal()}`).toString('base64');
      const config = JSON.stringify({ auths: { [host]: { auth } } });
      return {
        apiVersion: 'v1',
        kind: 'Secret',
        type: 'kubernetes.io/dockerconfigjson',
        metadata: { name, namespace },
        stringData: { '.dockerconfigjson': config },
      };
    },
    async push(...objects) {
      const layer = gzipSync(tarOf(['objects.yaml', objects.map(toYaml).join('---\n')]));
      const document = {
        schemaVersion: 2,
        mediaType: mediaTypes.manifest,
        config: await blob(CONFIG, Buffer.from('{}')),
        layers: [await blob(CONTENT, layer)],
      };
      const bytes = Buffer.from(JSON.stringify(document));
      await push.manifest({ mediaType: mediaTypes.manifest, bytes, tag: 'latest' }, signal);
      return `latest@${digestOf(bytes)}`;
    },
    async close() {
      await client.close();
      await registry.stop();
    },
  };
}
