import { carto, crds } from '@cartographer/api';
import { NAMESPACES } from '@cartographer/kube';
import { type Json, type JsonObject, type KubeObject, parseYamlDocuments } from '@cartographer/machinery';
import {
  createFakeClock,
  createFaultTransport,
  type Embedded,
  type FakeClock,
  type FaultTransport,
  startEmbedded,
} from '@cartographer/testkit';
import { runCommandLine } from '../../command-line.ts';
import {
  type TestTerminal,
  type TestTerminalOptions,
  testSurroundings,
  testTerminal,
} from '../../frame/testing/test-surroundings.ts';

/** A server on which the test itself is the controller; close it at the end. */
export type OwnerStage = Embedded & {
  readonly clock: FakeClock;
  /** What the commands reach the server by. */
  readonly transport: FaultTransport;
  apply(yaml: string): Promise<void>;
  /** Says what the controller would say of a Workload in namespace `team`, of this generation or its present one. */
  says(name: string, status: OwnerSaid): Promise<void>;
  /** Begins a command; `ended` resolves when it has ended. */
  begin(argv: readonly string[], options?: TestTerminalOptions, terminal?: TestTerminal): Begun;
};

/** See {@link OwnerStage.says}. */
type OwnerSaid = {
  readonly ready: 'True' | 'False' | 'Unknown';
  readonly reason?: string;
  readonly message?: string;
  readonly generation?: number;
  readonly resources?: readonly Json[];
};

/** A command that runs. */
type Begun = {
  readonly terminal: TestTerminal;
  readonly interrupt: AbortController;
  ended(): Promise<TestTerminal>;
};

/** Starts an {@link OwnerStage} with namespace `team`. */
export async function startOwnerStage(): Promise<OwnerStage> {
  const clock = createFakeClock();
  const cluster = await startEmbedded({ crds: crds(), clock });
  const transport = createFaultTransport(cluster.adminTransport, { clock });
  const { client } = cluster;
  await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } });
  return {
    ...cluster,
    clock,
    transport,
    async apply(yaml) {
      for (const document of parseYamlDocuments(yaml)) {
        const object = document as KubeObject;
        const type = Object.values(carto.kinds).find(({ kind }) => kind === object.kind);
        if (type === undefined) throw new Error(`${object.kind} is none of ours`);
        await client.apply(type, object, { fieldManager: 'user', force: true });
      }
    },
    async says(name, { ready, reason = ready, message = '', resources = [], ...said }) {
      const key = { namespace: 'team', name };
      const { metadata } = await client.get(carto.kinds.Workload, key);
      const { generation = metadata.generation ?? 1 } = said;
      const condition = { type: 'Ready', status: ready, reason, message, lastTransitionTime: '2026-01-02T03:04:05Z' };
      const status = {
        observedGeneration: generation,
        conditions: [condition],
        resources,
        supplyChainRef: { name: 'web' },
      };
      await client.patch(carto.kinds.Workload, key, { kind: 'merge', body: { status }, subresource: 'status' });
    },
    begin(argv, options = {}, terminal = testTerminal(options)) {
      const interrupt = new AbortController();
      const surroundings = testSurroundings({ terminal, transport, clock, cluster: { namespace: 'team' }, interrupt });
      const running = runCommandLine(['node', 'carto', ...argv], surroundings);
      return {
        terminal,
        interrupt,
        async ended() {
          await running;
          return terminal;
        },
      };
    },
  };
}

/** A Workload of namespace `team`. */
export function workloadYaml(name: string, more = ''): string {
  return `{apiVersion: carto.run/v1alpha1, kind: Workload, metadata: {name: ${name}, namespace: team}, spec: {image: a/${name}${more}}}`;
}

/** A step in the status of an owner. */
export function stepStatus(
  name: string,
  ready: 'True' | 'False' | 'Unknown',
  {
    reason = ready,
    message = '',
    output,
  }: { reason?: string; message?: string; output?: readonly [string, string] } = {},
): JsonObject {
  const condition = (type: string) => ({
    type,
    status: ready,
    reason,
    message,
    lastTransitionTime: '2026-01-02T03:04:05Z',
  });
  const [kind, preview] = output ?? [];
  const outputs =
    kind === undefined || preview === undefined
      ? []
      : [{ name: kind, preview, digest: 'sha256:0', lastTransitionTime: '2026-01-02T03:04:05Z' }];
  return {
    name,
    inputs: [],
    outputs,
    conditions: [condition('ResourceSubmitted'), condition('Healthy'), condition('Ready')],
  };
}
