import { readFileSync } from 'node:fs';
import { parseJson } from '@cartographer/machinery';
import { type AuditEntry, type ClusterProcess, isAuditedWrite, type TestCluster } from '@cartographer/testkit';
import { until } from '../carto-process.ts';
import { controllerToken, isOurs, startCartoController } from './carto.ts';

const ELECT = ['--leader-elect', '--leader-election-namespace', 'cartographer-system'];

/** Replicas of the controller of which one leads, each with a token of its own by which the audit log tells them apart. */
export interface Replicas {
  readonly all: readonly ClusterProcess[];
  /** The replica that was elected since it was last asked for, once there is one. */
  nextLeader(): Promise<ClusterProcess>;
  /** How often a replica was elected. */
  elections(replica: ClusterProcess): number;
  /**
   * Writes of state by a replica that was not the last one to write the lease when the server got them. The entries are
   * all that the server was asked since before the replicas started.
   */
  unfenced(entries: readonly AuditEntry[]): readonly string[];
}

/** Starts replicas with these names. */
export async function startReplicas(cluster: TestCluster, names: readonly string[]): Promise<Replicas> {
  const owners = new Map<string, string>();
  const all: ClusterProcess[] = [];
  for (const name of names) {
    const token = await controllerToken(cluster);
    owners.set(credentialOf(token), name);
    all.push(await startCartoController(cluster, name, ELECT, token));
  }
  const elections = ({ logFile }: ClusterProcess): number =>
    readFileSync(logFile, 'utf8').split('elected as leader').length - 1;
  const known = new Map(names.map((name) => [name, 0]));
  return {
    all,
    elections,
    async nextLeader() {
      let found: ClusterProcess | undefined;
      await until('there is a new leader', () => {
        found = all.find((replica) => elections(replica) > (known.get(replica.name) ?? 0));
        return found !== undefined;
      });
      if (found === undefined) throw new Error('there is no leader');
      known.set(found.name, elections(found));
      return found;
    },
    unfenced: (entries) => unfenced(entries, owners),
  };
}

type Credentials = {
  readonly user: { readonly extra?: Readonly<Record<string, readonly string[]>> };
  readonly annotations?: Readonly<Record<string, string>>;
};

/** The credential id that the server shows for a token: the JWT's id. */
function credentialOf(token: string): string {
  const claims = parseJson(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { readonly jti: string };
  return `JTI=${claims.jti}`;
}

function unfenced(entries: readonly AuditEntry[], replicas: ReadonlyMap<string, string>): readonly string[] {
  const owners = new Map(replicas);
  let leader: string | undefined;
  const found: string[] = [];
  // A lease is taken when its write was answered; a write counts from when the server got it.
  const timed = entries.filter(isOurs).map((entry) => ({ entry, at: timeOf(entry) }));
  for (const { entry } of timed.toSorted((a, b) => (a.at < b.at ? -1 : 1))) {
    const { user, annotations } = entry as AuditEntry & Credentials;
    const name = owners.get(user.extra?.['authentication.kubernetes.io/credential-id']?.[0] ?? '');
    const issued = annotations?.['authentication.kubernetes.io/issued-credential-id'];
    // A token that a replica asked for, to act as an owner's account.
    if (issued !== undefined && name !== undefined) owners.set(issued, name);
    if (!isAuditedWrite(entry) || entry.objectRef?.resource === 'events') continue;
    if (entry.objectRef?.resource === 'leases') leader = name;
    else if (name === undefined || name !== leader) {
      const { verb, objectRef, requestReceivedTimestamp: when } = entry;
      found.push(`${when} ${name} ${verb} ${objectRef?.resource}/${objectRef?.name}, while ${leader} led`);
    }
  }
  return found;
}

function timeOf(entry: AuditEntry): string {
  return isAuditedWrite(entry) && entry.objectRef?.resource !== 'leases'
    ? entry.requestReceivedTimestamp
    : entry.stageTimestamp;
}
