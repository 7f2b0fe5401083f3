import { Buffer } from 'node:buffer';
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Log, Secret } from '@cartographer/machinery';
import {
  answerRegistryPush,
  answerRegistryRequest,
  type OciLayout,
  type PushRules,
  pushedRepository,
  type RegistryRefusal,
  refuseRegistryRequest,
} from '@cartographer/oci';
import { isLoopbackHost, MISDIRECTED } from '@cartographer/runtime';
import { serveOnLoopback } from '../serve-on-loopback.ts';

/** A registry of the images that were built here: what the OCI distribution specification asks of one for reading. */
export interface RegistryServer {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 256;

const NOT_HERE: RegistryRefusal = { status: 421, code: 'DENIED', message: MISDIRECTED };

/** Who may push, and where to. */
export type PushOptions = {
  readonly username: string;
  readonly password: Secret;
  /** The layout of a repository that may be pushed to; undefined for all others. */
  readonly layoutOf: (repository: string) => OciLayout | undefined;
  /** A tag of the repository has moved, or a manifest has come. */
  readonly onPush: (repository: string) => void;
};

const PUSH_RULES: PushRules = { maxBlobBytes: 1024 ** 3, maxUploads: 16, kept: 10 };
const LOG_IN: RegistryRefusal = { status: 401, code: 'UNAUTHORIZED', message: 'to push, log in' };

/**
 * Starts the registry on loopback. Everyone on this machine may read without a login; only who has the login may push, since
 * what is pushed is run.
 */
export async function startRegistryServer(options: {
  /** The repository `NAMESPACE/NAME`; undefined when there is none. */
  readonly layoutOf: (repository: string) => Promise<OciLayout | undefined>;
  readonly push: PushOptions;
  readonly portFile: string;
  readonly log: Log;
  /** 256 unless a test wants fewer. */
  readonly maxConnections?: number;
}): Promise<RegistryServer> {
  const { layoutOf, push, portFile, log } = options;
  const turns = new Map<string, Promise<void>>();
  const { port, close } = await serveOnLoopback({
    what: 'the registry of images',
    portFile,
    log,
    times: { requestTimeout: 30_000, headersTimeout: 10_000 },
    maxConnections: options.maxConnections ?? MAX_CONNECTIONS,
    async answer(request, response) {
      if (!isLoopbackHost(request.headers.host)) return refuseRegistryRequest(response, NOT_HERE);
      const repository = pushedRepository(request);
      if (repository === undefined) return await answerRegistryRequest(layoutOf, request, response);
      if (!isLogin(push, request.headers.authorization)) {
        request.resume();
        response.setHeader('www-authenticate', 'Basic realm="carto up"');
        return refuseRegistryRequest(response, LOG_IN);
      }
      // A layout has one writer at a time.
      const turn = (turns.get(repository) ?? Promise.resolve()).then(async () => {
        const pushed = await answerRegistryPush(push.layoutOf(repository), PUSH_RULES, request, response);
        if (pushed !== undefined) push.onPush(repository);
      });
      turns.set(
        repository,
        turn.catch(() => undefined),
      );
      await turn;
    },
  });
  return { host: `127.0.0.1:${port}`, close };
}

function isLogin({ username, password }: PushOptions, authorization = ''): boolean {
  const wanted = Buffer.from(`${username}:${password.reveal()}`).toString('base64');
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(authorization.replace(/^basic /i, '')), digest(wanted));
}
