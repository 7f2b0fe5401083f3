import {
  allEnded,
  type Clock,
  type KubeObject,
  type Log,
  type WireRequest,
  type WireResponse,
} from '@cartographer/machinery';

import { createCore } from './core/create-core.ts';
import { openSqliteStore } from './core/storage/sqlite-store.ts';
import { createMemoryStore } from './core/storage/store.ts';
import type { AdmissionHook, Core } from './core-api.ts';
import type { AuditEntry } from './front/auth/audit.ts';
import { createAuthenticator } from './front/auth/authenticator.ts';
import { alwaysAllow, createRbacAuthorizer } from './front/auth/authorizer.ts';
import { type Credentials, loadCredentials } from './front/auth/credentials.ts';
import { createEscalationCheck } from './front/auth/escalation.ts';
import { kubeconfigText } from './front/auth/kubeconfig.ts';
import { RbacIndex } from './front/auth/rbac-index.ts';
import { createServiceAccountTokens } from './front/auth/service-account-tokens.ts';
import { type HttpServer, listenHttps } from './front/requests/http-server.ts';
import { createPipeline, type Pipeline } from './front/requests/pipeline.ts';
import { startRbacFeed, systemCaller } from './front/requests/rbac-feed.ts';
import { startTokenSecrets } from './front/requests/token-secrets.ts';
import { StatusError } from './status-error.ts';

/** How an embedded API server is to be. */
export type ApiServerOptions = {
  /** Folder for objects, certificates and keys; without one everything is kept in memory. One process at a time. */
  readonly data?: string;
  /** `RBAC` (the default) holds ServiceAccounts and users to their roles; `AlwaysAllow` lets every credential do everything. */
  readonly authorization?: 'AlwaysAllow' | 'RBAC';
  /**
   * CustomResourceDefinitions that are established when the server is ready; those of an older version are replaced. New
   * ones are not validated, which would take a fifth of the start: whoever brings them has a test that does.
   */
  readonly customResources?: readonly KubeObject[];
  /** Hooks that see every write before it is stored, as admission webhooks do. */
  readonly admission?: readonly AdmissionHook[];
  /** Is told of every request once it is answered, in the shape of Kubernetes' audit log. */
  readonly audit?: (entry: AuditEntry) => void;
  readonly clock: Clock;
  readonly log: Log;
};

/** A Kubernetes API server in this process, for development and tests. */
export interface ApiServer {
  /**
   * The in-process entrance: the same way as over HTTP (authentication by the bearer token in the headers,
   * authorisation, validation), without sockets and JSON text. Objects in the answer are shared: never change them.
   */
  request(request: WireRequest): Promise<WireResponse>;
  /** Bearer token of the user `admin`, who may do everything. */
  readonly adminToken: string;
  /** Certificate of the authority that signed the server's certificate. */
  readonly caPem: string;
  /**
   * Opens an HTTPS port (0 picks a free one) on loopback, or on `host`.
   * @throws CartoError when the port cannot be had.
   */
  listen(options: {
    readonly host?: string;
    readonly port: number;
  }): Promise<{ readonly url: string; readonly port: number }>;
  /** A kubeconfig for the admin. It holds the token: keep it to yourself. */
  kubeconfig(url: string): string;
  /** Resolves when nothing is left of what the server does by itself: garbage collection, namespaces, CRDs. */
  settled(): Promise<void>;
  /** Ends watches and connections and closes the store. */
  close(): Promise<void>;
}

/** Starts an API server. It answers {@link ApiServer.request} at once, and HTTPS after {@link ApiServer.listen}. */
export async function createApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const credentials = await loadCredentials(options.data, options.clock.now());
  const parts = await assemble(options, credentials);
  const listeners = new Set<HttpServer>();
  return {
    request: (request) => parts.pipeline.answer(request),
    adminToken: credentials.adminToken,
    caPem: credentials.caPem,
    async listen(where) {
      const { serverCertPem, serverKeyPem } = await credentials.serverCertificate();
      const server = await listenHttps(
        {
          certPem: serverCertPem,
          keyPem: serverKeyPem,
          admit: (head) => parts.pipeline.admit(head),
          clock: options.clock,
          log: options.log,
        },
        where,
      );
      listeners.add(server);
      return { url: urlOf(server), port: server.port };
    },
    kubeconfig: (url) => kubeconfigText({ url, caPem: credentials.caPem, token: credentials.adminToken }),
    settled: () => parts.core.settled(),
    async close() {
      await allEnded([...listeners].map((server) => server.close()));
      listeners.clear();
      await parts.close();
    },
  };
}

/** The address that clients on this machine use; a wildcard address is reached over loopback. */
function urlOf({ host, port }: HttpServer): string {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `https://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

type Parts = { readonly core: Core; readonly pipeline: Pipeline; readonly close: () => Promise<void> };

async function assemble(options: ApiServerOptions, credentials: Credentials): Promise<Parts> {
  const { clock, log, authorization = 'RBAC' } = options;
  const index = new RbacIndex();
  const authorizer = authorization === 'RBAC' ? createRbacAuthorizer(index) : alwaysAllow;
  const guards = authorization === 'RBAC' ? [createEscalationCheck(authorizer, index)] : [];
  const store = options.data === undefined ? createMemoryStore() : openSqliteStore(options.data);
  const admission = [...(options.admission ?? []), ...guards];
  const { caPem } = credentials;
  const core = await createCore({ store, clock, log, admission, caPem }).catch((error: unknown) => {
    store.close();
    throw error;
  });
  const stopping = new AbortController();
  try {
    const { signal } = stopping;
    const { observer, ended: feedEnded } = await startRbacFeed({ core, index, clock, log, signal });
    await installCustomResources(core, options.customResources ?? []);
    const tokens = createServiceAccountTokens(credentials.signingKeyPem, clock);
    const { ended: secretsEnded } = await startTokenSecrets({ core, tokens, caPem, clock, log, signal });
    const authenticator = createAuthenticator({
      core,
      tokens,
      adminToken: credentials.adminToken,
      anonymous: authorization === 'RBAC',
      clock,
    });
    return {
      core,
      pipeline: createPipeline({ core, authenticator, authorizer, tokens, observer, clock, log, audit: options.audit }),
      async close() {
        stopping.abort();
        await Promise.all([feedEnded, secretsEnded]);
        await core.close();
      },
    };
  } catch (error) {
    stopping.abort();
    await core.close();
    throw error;
  }
}

/** Creates the definitions, or brings those of an earlier version up to date; other fields of live ones stay. */
async function installCustomResources(core: Core, definitions: readonly KubeObject[]): Promise<void> {
  const info = core.registry.find('apiextensions.k8s.io', 'v1', 'customresourcedefinitions');
  if (info === undefined || definitions.length === 0) return;
  const caller = systemCaller('cartographer');
  const install = async ({ status: _status, ...body }: KubeObject): Promise<void> => {
    try {
      await core.create(info, undefined, body, { isSound: true }, caller);
    } catch (error) {
      if (!(error instanceof StatusError) || error.status.code !== 409) throw error;
      const { name = '' } = body.metadata;
      await core.patch(info, { name }, { kind: 'merge', body: { spec: body['spec'] } }, {}, caller);
    }
  };
  // Side by side, so that they reach the disk together.
  await allEnded(definitions.map(install));
  await core.settled();
}
