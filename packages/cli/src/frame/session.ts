import {
  type Client,
  type ClusterAccess,
  createClient,
  createHttpTransport,
  createRestMapper,
  type RestMapper,
} from '@cartographer/kube';
import type { Clock, Transport, WireRequest } from '@cartographer/machinery';
import { VERSION } from '../running/version.ts';
import { createStyle, type Style } from '../screen/style.ts';
import { EXIT } from './exit-codes.ts';
import type { TargetFlags } from './flags.ts';
import { PlacedError } from './placed-error.ts';
import type { Surroundings } from './surroundings.ts';
import { type Chosen, chooseTarget, type Target } from './target.ts';
import type { Terminal } from './terminal.ts';

/** What a command that asks a cluster works with. */
export type Session = {
  readonly client: Client;
  readonly mapper: RestMapper;
  readonly transport: Transport;
  readonly target: Target;
  /** For what does not go by requests to the API server, such as a forwarded port; a test's own cluster has none. */
  readonly access: ClusterAccess | undefined;
  /** The one that flags, config or context name. */
  readonly namespace: string;
  readonly terminal: Terminal;
  readonly style: Style;
  readonly clock: Clock;
  /** Aborted by Ctrl-C, a polite kill, or when nobody reads the output any more. */
  readonly signal: AbortSignal;
  /** Prints lines to standard output. */
  readonly print: (lines: readonly string[]) => void;
  /** Tells of progress or a warning: one line on standard error. */
  readonly say: (line: string) => void;
};

/** How a session is begun. */
export type SessionOptions = {
  /** The command changes something: its target is named, and asked for where two fit. */
  readonly writes: boolean;
};

/**
 * Runs a command against the cluster that is meant. What the cluster answers to is turned into words at the place where
 * errors are printed; Ctrl-C ends the command with 130.
 */
export async function runSession(
  surroundings: Surroundings,
  flags: TargetFlags,
  { writes }: SessionOptions,
  work: (session: Session) => Promise<void>,
): Promise<void> {
  const { terminal } = surroundings;
  const stop = surroundings.stop();
  const { signal } = stop;
  try {
    const chosen = await chooseTarget(flags, surroundings, { writes, signal });
    await withConnection(chosen, surroundings, flags, async (transport) => {
      const session = createSession({ chosen, transport, surroundings, flags, signal });
      if (writes) session.say(`target: ${chosen.target.text}`);
      await work(session).catch((error: unknown) => {
        throw new PlacedError(error, { target: chosen.target.text, server: chosen.target.server });
      });
    });
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    if (stop.interrupted()) terminal.exitCode = EXIT.interrupted;
    stop.dispose();
  }
}

type Parts = {
  readonly chosen: Chosen;
  readonly transport: Transport;
  readonly surroundings: Surroundings;
  readonly flags: TargetFlags;
  readonly signal: AbortSignal;
};

function createSession({ chosen, transport, surroundings, flags, signal }: Parts): Session {
  const { terminal, clock } = surroundings;
  const client = createClient({ transport, clock, userAgent: `carto/${VERSION}` });
  return {
    client,
    mapper: createRestMapper({ client, clock }),
    transport,
    target: chosen.target,
    access: chosen.access,
    namespace: flags.namespace ?? chosen.target.namespace,
    terminal,
    style: createStyle(terminal.colour && flags.color),
    clock,
    signal,
    print: (lines) => terminal.out(lines.map((line) => `${line}\n`).join('')),
    say: (line) => terminal.err(`${line}\n`),
  };
}

async function withConnection(
  { access }: Chosen,
  { cluster, terminal, clock }: Surroundings,
  { as, verbose = false }: TargetFlags,
  work: (transport: Transport) => Promise<void>,
): Promise<void> {
  const own = access === undefined ? undefined : createHttpTransport(access);
  const base = own ?? cluster?.transport;
  if (base === undefined) throw new Error('a target has neither access nor transport');
  const named = as === undefined ? base : impersonating(base, as);
  try {
    await work(verbose ? telling(named, terminal, clock) : named);
  } finally {
    await own?.close();
  }
}

function impersonating(inner: Transport, user: string): Transport {
  return {
    request: (request) => inner.request({ ...request, headers: { ...request.headers, 'impersonate-user': user } }),
    close: () => inner.close(),
  };
}

/** Tells each request with its answer on standard error. */
function telling(inner: Transport, terminal: Terminal, clock: Clock): Transport {
  return {
    async request(request: WireRequest) {
      const beganMs = clock.monotonicMs();
      const query = new URLSearchParams(request.query).toString();
      const asked = `${request.method} ${request.path}${query === '' ? '' : `?${query}`}`;
      const tell = (end: string): void =>
        terminal.err(`${asked} ${end} in ${Math.round(clock.monotonicMs() - beganMs)} ms\n`);
      try {
        const answer = await inner.request(request);
        tell(String(answer.status));
        return answer;
      } catch (error) {
        tell('failed');
        throw error;
      }
    },
    close: () => inner.close(),
  };
}
