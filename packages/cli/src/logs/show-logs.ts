import { ApiError, createInformer, type Informer, isForbidden } from '@cartographer/kube';
import { CartoError, messageOf, silentLog, whenAborted } from '@cartographer/machinery';
import { EXIT } from '../frame/exit-codes.ts';
import type { Session } from '../frame/session.ts';
import { plainLine } from '../screen/text.ts';
import type { Attribute, Attribution } from './attribution.ts';
import { inParallel } from './in-parallel.ts';
import { type Attributed, chosenObjects } from './lanes.ts';
import { sourceText } from './line-printer.ts';
import type { LogFeed, LogKind } from './log-kind.ts';
import type { LogLine, LogSource } from './log-line.ts';
import { isPassing } from './passing-trouble.ts';

/** Which logs are shown, and where to. */
export type ShownLogs = {
  /** The owner, as messages name it. */
  readonly name: string;
  readonly kinds: readonly LogKind[];
  readonly attribute: Attribute;
  /** The steps of the owner, in their order. */
  readonly steps: readonly string[];
  readonly isWanted: (source: LogSource) => boolean;
  readonly follow: boolean;
  readonly previous: boolean;
  readonly print: (source: LogSource, line: LogLine) => void;
};

/** Logs of so many containers are followed at a time: each takes a connection. */
const MOST_FOLLOWED = 100;
/** How often it is looked whether a log that stays has begun meanwhile. */
const LOOK_AGAIN_MS = 500;

/** Prints the logs that are there, those that are over first; followed, those that come as well, until the signal fires. */
export async function showLogs(session: Session, shown: ShownLogs): Promise<void> {
  const { client, clock, namespace, signal } = session;
  const stop = new AbortController();
  const scope = AbortSignal.any([signal, stop.signal]);
  // An informer tries for ever: what can never be had is told first.
  for (const { type } of shown.kinds) await client.list(type, { namespace, limit: 1, signal });
  const watched = shown.kinds.map((kind): Watched => {
    const informer = createInformer({ client, clock, type: kind.type, namespace, log: silentLog });
    return { kind, informer };
  });
  const running = watched.map(({ informer }) => informer.run(scope));
  try {
    const synced = Promise.all(watched.map(({ informer }) => informer.synced));
    await Promise.race([synced, whenAborted(scope)]);
    if (!signal.aborted) await (shown.follow ? followAll : showOnce)(session, shown, watched);
  } finally {
    stop.abort();
    await Promise.all(running);
  }
}

type Watched = { readonly kind: LogKind; readonly informer: Informer };

async function showOnce(session: Session, shown: ShownLogs, watched: readonly Watched[]): Promise<void> {
  const board = createBoard(session, shown, watched);
  const { feeds } = await board.look();
  for (const feed of feeds) {
    if (!(await board.show(feed))) session.terminal.exitCode = EXIT.failed;
  }
  if (feeds.length > 0 || session.signal.aborted) return;
  const which = shown.previous ? 'of a run or a start before the newest' : 'yet, of what was asked for';
  throw new CartoError('CARTO_NOT_FOUND', `${shown.name} has no log ${which}`);
}

async function followAll(session: Session, shown: ShownLogs, watched: readonly Watched[]): Promise<void> {
  const { clock, signal, say } = session;
  const board = createBoard(session, shown, watched);
  const following = new Set<Promise<boolean>>();
  const started = new Set<string>();
  let isTold = false;
  const begin = (feed: Feed): void => {
    if (following.size >= MOST_FOLLOWED) {
      if (!isTold)
        say(`more than ${MOST_FOLLOWED} logs: the others are not followed; narrow it down by --step or --container`);
      isTold = true;
      return;
    }
    started.add(feed.key);
    const work: Promise<boolean> = board.show(feed).finally(() => following.delete(work));
    following.add(work);
  };
  let first = true;
  while (!signal.aborted) {
    const { feeds } = await board.look();
    const fresh = feeds.filter(({ key }) => !started.has(key));
    if (first && fresh.length === 0) say(`${shown.name} has no log yet: waiting for the first`);
    first = false;
    for (const feed of fresh.filter(({ isOver }) => isOver)) {
      started.add(feed.key);
      await board.show(feed);
    }
    for (const feed of fresh.filter(({ isOver }) => !isOver)) begin(feed);
    await clock.sleep(LOOK_AGAIN_MS, signal).catch(() => undefined);
  }
  await Promise.all(following);
}

type Feed = LogFeed & { readonly from: LogSource };

/** What there is to show, as the informers know it now. */
type Board = {
  look(): Promise<{ readonly feeds: readonly Feed[] }>;
  /** Prints a feed to its end and tells whether it got there; why not is said once, and is no reason to end the others. */
  show(feed: Feed): Promise<boolean>;
};

function createBoard({ say, signal, namespace }: Session, shown: ShownLogs, watched: readonly Watched[]): Board {
  const rolls = watched.map((each) => ({ ...each, attributed: createRoll(each, shown) }));
  const told = new Set<string>();
  let current: ReadonlySet<string> = new Set();
  const tell = (text: string): void => {
    if (!told.has(text)) say(plainLine(text));
    told.add(text);
  };

  return {
    async look() {
      const feeds: Feed[] = [];
      for (const { kind, attributed } of rolls) {
        for (const { object, step, previous } of chosenObjects(await attributed(), shown.steps, shown.previous)) {
          const logs = await kind.logsOf(object, previous);
          for (const { source, text } of logs.notes) {
            const from = { step, ...source };
            if (shown.isWanted(from)) tell(`${sourceText(from)} ${text}`);
          }
          const own = logs.feeds.map((feed): Feed => ({ ...feed, from: { step, ...feed.source } }));
          feeds.push(...own.filter(({ from }) => shown.isWanted(from)));
        }
      }
      current = new Set(feeds.map(({ key }) => key));
      return { feeds };
    },
    async show(feed) {
      try {
        for await (const line of feed.lines(() => current.has(feed.key))) {
          if (signal.aborted) break;
          shown.print(feed.from, line);
        }
        return true;
      } catch (error) {
        if (signal.aborted) return false;
        if (isForbidden(error)) tell(`you may not read logs in ${namespace}: ask for the right to get pods/log`);
        else if (error instanceof ApiError || error instanceof CartoError)
          tell(`${sourceText(feed.from)}: ${messageOf(error)}`);
        else throw error;
        return false;
      }
    },
  };
}

/** The objects of a kind that belong to the owner; whether one does is found out once. */
function createRoll({ kind, informer }: Watched, { attribute }: ShownLogs): () => Promise<readonly Attributed[]> {
  let known = new Map<string, Attribution | undefined>();
  return async () => {
    const answers = await inParallel(informer.list(), async (object) => {
      const uid = object.metadata.uid ?? '';
      try {
        const attribution = known.has(uid) ? known.get(uid) : await attribute(object);
        return { object, uid, attribution };
      } catch (error) {
        if (!isPassing(error)) throw error;
        return undefined; // asked again with the next look
      }
    });
    const found = answers.filter((answer) => answer !== undefined);
    known = new Map(found.map(({ uid, attribution }) => [uid, attribution]));
    return found.flatMap(({ object, attribution }) =>
      attribution === undefined ? [] : [{ ...attribution, object, isOver: kind.isOver(object) }],
    );
  };
}
