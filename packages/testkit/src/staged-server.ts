import type { ApiServer, ApiServerOptions } from '@cartographer/apiserver';
import {
  type Client,
  createClient,
  createInProcessTransport,
  createRestMapper,
  type RestMapper,
} from '@cartographer/kube';
import { type KubeObject, parseYamlDocuments, silentLog, type Transport } from '@cartographer/machinery';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { createFaultTransport, type FaultTransport } from './fault-transport.ts';

/** How a {@link StagedServer} is to be. */
export type StagedServerOptions = Pick<ApiServerOptions, 'admission' | 'authorization'> & {
  readonly crds: readonly KubeObject[];
  /** What the requests of the test itself are told apart by in the audit log. */
  readonly userAgent: string;
  /** Further work that no time passes during. */
  readonly holds?: () => boolean;
};

/** An API server on a clock that stands still while a request is under way: tokens are signed and checked on another thread. */
export type StagedServer = {
  readonly server: ApiServer;
  readonly clock: FakeClock;
  readonly audit: readonly AuditEntry[];
  /** Reaches the server as its admin. */
  readonly direct: Transport;
  /** The same, for those whose requests are to fail. */
  readonly faults: FaultTransport;
  /** Requests of the test itself. */
  readonly client: Client;
  readonly mapper: RestMapper;
  /** No time passes until this has ended, either. */
  track<T>(work: Promise<T>): Promise<T>;
  /** Resolves when nothing that was under way is any more. */
  ended(): Promise<void>;
  /** Applies YAML documents as a user. */
  apply(yaml: string): Promise<void>;
};

type AuditEntry = Parameters<NonNullable<ApiServerOptions['audit']>>[0];

/** Starts a {@link StagedServer}; close its server at the end. */
export async function stageServer(options: StagedServerOptions): Promise<StagedServer> {
  const { crds, userAgent, holds = () => false, ...rest } = options;
  const { createApiServer } = await import('@cartographer/apiserver');
  const underWay = new Set<Promise<unknown>>();
  const track = <T>(work: Promise<T>): Promise<T> => {
    underWay.add(work);
    void work.finally(() => underWay.delete(work)).catch(() => undefined);
    return work;
  };
  const clock = createFakeClock(undefined, () => underWay.size > 0 || holds());
  const audit: AuditEntry[] = [];
  const server = await createApiServer({
    ...rest,
    customResources: crds,
    clock,
    log: silentLog,
    audit: (entry) => audit.push(entry),
  });
  const direct = createInProcessTransport((request) => track(server.request(request)), server.adminToken);
  const client = createClient({ transport: direct, clock, userAgent });
  const mapper = createRestMapper({ client, clock });
  return {
    server,
    clock,
    audit,
    direct,
    faults: createFaultTransport(direct, { clock }),
    client,
    mapper,
    track,
    ended: async () => void (await Promise.allSettled(underWay)),
    async apply(yaml) {
      for (const document of parseYamlDocuments(yaml)) {
        const object = document as KubeObject;
        await client.apply(await mapper.resourceFor(object), object, { fieldManager: 'user', force: true });
      }
    },
  };
}

/** A transport that can be cut: afterwards nothing gets through, as if the process were dead. */
export function cuttable(inner: Transport): { readonly transport: Transport; cut(): void; isCut(): boolean } {
  let isCut = false;
  return {
    transport: {
      request: (request) => (isCut ? Promise.reject(new Error('this process is dead')) : inner.request(request)),
      close: () => inner.close(),
    },
    cut: () => void (isCut = true),
    isCut: () => isCut,
  };
}
