import { errorOf } from '@cartographer/kube';
import { textAt } from '@cartographer/machinery';
import type { Session } from '../frame/session.ts';

/** What an API server says of itself. */
export type Server = {
  /** `v1.34.1` */
  readonly version: string;
  /** Minor version of Kubernetes 1; undefined when the version cannot be read. */
  readonly minor: number | undefined;
  /** It is that of `carto up`, which has controller and rules inside. */
  readonly isEmbedded: boolean;
};

/** Asks the server for its version, which takes no rights. */
export async function askServer({ client, signal }: Session): Promise<Server> {
  const response = await client.raw({ method: 'GET', path: '/version', signal });
  if (response.status !== 200) throw errorOf(response);
  const version = textAt(response.body, 'gitVersion');
  const minor = /^v1\.(?<minor>\d+)\./.exec(version)?.groups?.['minor'];
  return {
    version,
    minor: minor === undefined ? undefined : Number(minor),
    isEmbedded: version.endsWith('+cartographer'),
  };
}
