import { certificateFolder, certificateKeeper, certificateSecret, configMapTrust } from '@cartographer/controller';
import { type Client, systemClock as clock } from '@cartographer/kube';
import { CartoError, type Log, whenAborted } from '@cartographer/machinery';
import type { ControllerMetrics, KeyPair, Runnable } from '@cartographer/runtime';
import {
  answer,
  createQuestionAccess,
  knownScans,
  type RunningScanner,
  SCANNER_NAMES,
  serveQuestions,
} from '@cartographer/scanning';
import type { Address } from './run-part.ts';

/** What {@link createQuestions} needs. */
export type QuestionsOptions = Address & {
  /** Asks who asks, on every replica. */
  readonly client: Client;
  /** Writes only while this replica leads. */
  readonly leaderClient: Client;
  readonly namespace: string;
  /** Holds `tls.crt` and `tls.key`; without one the leader makes a certificate. */
  readonly certDir: string | undefined;
  readonly scanner: () => Pick<RunningScanner, 'portfolio' | 'caches'> | undefined;
  readonly log: Log;
  readonly metrics: ControllerMetrics;
};

/** Questions as parts of a process. */
export type Questions = {
  readonly port: number;
  /** What every replica runs. */
  readonly parts: readonly Runnable[];
  /** What only the leader runs. */
  readonly leaderParts: readonly Runnable[];
  /** Says why no question can be answered, or undefined. */
  notReady(): string | undefined;
};

const WHAT = 'certificate of questions';

/**
 * Opens the port of questions and names the parts that keep it going. The authority of a certificate of the leader's making
 * stands in a ConfigMap.
 * @throws CartoError `CARTO_PORT_IN_USE` when the address is taken.
 */
export async function createQuestions(options: QuestionsOptions): Promise<Questions> {
  const { host, port, client, metrics, scanner } = options;
  const log = options.log.child({ part: 'questions' });
  const access = createQuestionAccess(client, clock);
  const server = await serveQuestions({
    host,
    port,
    access,
    clock,
    log,
    onDrop: (reason) => metrics.dropped('questions', reason),
    async answer(question, asker, signal) {
      const running = scanner();
      if (running === undefined) throw new CartoError('CARTO_STORE_BUSY', 'the scanner is starting');
      const { portfolio, caches } = running;
      return answer({ portfolio, scans: () => knownScans(caches), access, clock }, question, asker, signal);
    },
  });
  const serving: Runnable = {
    name: 'question server',
    async run(signal) {
      await whenAborted(signal);
      await server.close();
    },
  };
  const { certificates, leaderParts } = certificateParts(options, log, (pair) => server.use(pair));
  return {
    port: server.port,
    parts: [serving, certificates],
    leaderParts,
    notReady() {
      if (server.hasCertificate()) return undefined;
      const why = certificates.trouble?.()?.message;
      return `there is no certificate to answer questions with yet${why === undefined ? '' : `: ${why}`}`;
    },
  };
}

function certificateParts(
  { certDir, leaderClient, namespace }: QuestionsOptions,
  log: Log,
  use: (pair: KeyPair) => void,
): { readonly certificates: Runnable; readonly leaderParts: readonly Runnable[] } {
  if (certDir !== undefined) {
    return { certificates: certificateFolder({ folder: certDir, clock, log, use, what: WHAT }), leaderParts: [] };
  }
  const { questionsSecret, questionsAuthority, questionsService: service } = SCANNER_NAMES;
  const client = leaderClient;
  const secret = { namespace, name: questionsSecret };
  const trust = configMapTrust({ client, log, key: { namespace, name: questionsAuthority } });
  return {
    certificates: certificateSecret({ client, clock, log, key: secret, use, what: WHAT }),
    leaderParts: [certificateKeeper({ client, clock, log, secret, service, trust, what: WHAT })],
  };
}
