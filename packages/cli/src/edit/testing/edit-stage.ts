import { carto, crds } from '@cartographer/api';
import { type Client, createClient, systemClock } from '@cartographer/kube';
import type { KubeObject } from '@cartographer/machinery';
import { createFaultTransport, type FaultTransport, startEmbedded } from '@cartographer/testkit';
import { runCommandLine } from '../../command-line.ts';
import {
  type TestSurroundingsOptions,
  type TestTerminalOptions,
  testSurroundings,
  testTerminal,
} from '../../frame/testing/test-surroundings.ts';

/** How a command ended. */
type Ended = { readonly code: number; readonly out: string; readonly err: string };

/** An API server with our kinds, and commands of `carto` against it. */
export type EditStage = AsyncDisposable & {
  readonly client: Client;
  /** Stands between the commands and the server. */
  readonly faults: FaultTransport;
  /** Runs `carto …`. */
  run(argv: readonly string[], options?: TestTerminalOptions & TestSurroundingsOptions): Promise<Ended>;
  /** A client of another program, which has this name in managed fields. */
  as(userAgent: string): Client;
  workload(name?: string): Promise<KubeObject>;
};

/** Starts an {@link EditStage}; `objects` are created before; `definitions` may be those of another version. */
export async function stageEdits(
  objects: readonly KubeObject[] = [],
  definitions: readonly KubeObject[] = crds(),
): Promise<EditStage> {
  const { adminTransport, client, close } = await startEmbedded({ crds: definitions });
  const faults = createFaultTransport(adminTransport, { clock: systemClock });
  for (const object of objects) await client.create(carto.kinds[object.kind as keyof typeof carto.kinds], object);
  return {
    client,
    faults,
    run: async (argv, { transport = faults, ...options } = {}) => {
      const terminal = options.terminal ?? testTerminal(options);
      await runCommandLine(['node', 'carto', ...argv], testSurroundings({ ...options, transport, terminal }));
      return { code: terminal.exitCode, out: terminal.written(), err: terminal.told() };
    },
    as: (userAgent) => createClient({ transport: adminTransport, clock: systemClock, userAgent }),
    workload: (name = 'web') => client.get(carto.kinds.Workload, { namespace: 'default', name }),
    [Symbol.asyncDispose]: close,
  };
}
