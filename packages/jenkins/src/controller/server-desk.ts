import { spanMs } from '@cartographer/api';
import { CartoError, type Clock, type Log, messageOf } from '@cartographer/machinery';
import type { Server } from '../kinds/read.ts';
import { type Trouble, trouble } from '../remote/answers.ts';
import { FairTurns } from './fair-turns.ts';
import type { Follow, Seen } from './followed.ts';
import { type JobLook, lookAt } from './look.ts';
import { digestOf, dueJobs, pauseAfter } from './look-plan.ts';
import { RequestRate } from './request-rate.ts';
import type { Opened, ServerAccess } from './server-access.ts';

/** What {@link ServerDesk} needs. */
export type ServerDeskOptions = {
  readonly key: string;
  readonly server: Server;
  readonly access: ServerAccess;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of each build about which something else is known, or whose turn it is. */
  readonly wake: (key: string) => void;
  readonly mayChange: () => boolean;
  /** Told when the server begins to fail, or to answer again. */
  readonly onChange: (server: string) => void;
};

/** Times here and below are of `monotonicMs`, unless they are compared with what a server tells. */
type Entry = {
  follow: Follow;
  dueMs: number;
  seen: Seen;
  /** What it was last told of, to be told of changes alone. */
  told: string;
  /** How many pauses there were, and until when the last is. */
  patience: number;
  restsUntilMs: number;
};

const UNSEEN: Seen = { kind: 'unseen' };
/** How many builds are worked on at once: triggers, aborts, outputs. */
const AT_ONCE = 4;
const LEAST_PAUSE_MS = 1_000;
const LONGEST_BACKOFF_MS = 60_000;
/** What is wrong with a job is put right by people. */
const FIRST_PATIENCE_MS = 15_000;
const LONGEST_PATIENCE_MS = 600_000;
const DEFAULT_POLL_MS = 5_000;

/** All that one server is asked for the builds that are followed on it: one loop, however many they are; none without any. */
export class ServerDesk {
  readonly turns: FairTurns;
  readonly #options: ServerDeskOptions;
  readonly #rate: RequestRate;
  readonly #entries = new Map<string, Entry>();
  readonly #stop = new AbortController();
  /** Builds that are about to be triggered. */
  readonly #begun = new Set<string>();
  /** Jobs whose builds have no stages. */
  readonly #stageless = new Set<string>();
  #server: Server;
  #trouble: Trouble | undefined;
  #failures = 0;
  /** Nothing is asked before that. */
  #notBeforeMs = 0;
  /** The login that was refused: it is not tried again. */
  #refused: { readonly fingerprint: string; readonly trouble: Trouble } | undefined;
  #round: Promise<void> | undefined;
  #cancelTimer: () => void = () => undefined;

  constructor(options: ServerDeskOptions) {
    this.#options = options;
    this.#server = options.server;
    this.#rate = new RequestRate(options.clock, options.server.requestsPerSecond);
    this.turns = new FairTurns(AT_ONCE, options.wake);
  }

  /** The server has another spec: it is asked anew at once. */
  get key(): string {
    return this.#options.key;
  }

  set server(server: Server) {
    this.#server = server;
    this.#rate.perSecond = server.requestsPerSecond;
    this.lookAnew();
  }

  get isIdle(): boolean {
    return this.#round === undefined;
  }

  get requests(): number {
    return this.#rate.turns;
  }

  get followed(): number {
    return this.#entries.size;
  }

  /** Whether one more build may be triggered; from then on it counts, until it is given up or over. */
  takeRoom(key: string): boolean {
    const { maxConcurrentBuilds: most } = this.#server;
    const others = [...this.#entries].filter(
      ([other, { follow }]) => other !== key && (follow.identity.attempt !== undefined || this.#begun.has(other)),
    );
    if (most !== undefined && others.length >= most) return false;
    this.#begun.add(key);
    return true;
  }

  /** What was begun is written down by now, or is not to be. */
  giveRoom(key: string): void {
    this.#begun.delete(key);
  }

  /** Follows a build, or follows it by what is known of it now; what was seen before that does not count then. */
  follow(key: string, follow: Follow): Seen {
    const known = this.#entries.get(key);
    if (known !== undefined && JSON.stringify(known.follow) === JSON.stringify(follow)) {
      return this.#trouble === undefined ? known.seen : troubleOf(this.#trouble);
    }
    const seen = known !== undefined && isSameJob(known.follow, follow) ? keptSight(known.seen, follow) : UNSEEN;
    const { dueMs = 0, patience = 0, restsUntilMs = 0 } = known ?? {};
    const nextMs = seen === UNSEEN ? restsUntilMs : dueMs;
    this.#entries.set(key, { follow, dueMs: nextMs, seen, told: '', patience, restsUntilMs });
    this.#schedule();
    return this.#trouble === undefined ? seen : troubleOf(this.#trouble);
  }

  /** What was seen of a build does not count any more: something was just sent. */
  lookAgain(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    // Another object: what a look that is under way will say is of before.
    Object.assign(entry, { follow: { ...entry.follow }, seen: UNSEEN, dueMs: 0, told: '' });
    this.#schedule();
  }

  /** Nothing can be done with what was seen: it is looked at after a growing pause. */
  lookLater(key: string): void {
    const entry = this.#entries.get(key);
    if (entry?.dueMs === Number.POSITIVE_INFINITY) this.#rest(entry);
  }

  /** What was sent was refused: nothing is looked at and nothing sent before a growing pause is over. */
  rest(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.seen = UNSEEN;
    this.#rest(entry);
  }

  #rest(entry: Entry): void {
    const pauseMs = Math.min(FIRST_PATIENCE_MS * 2 ** entry.patience, LONGEST_PATIENCE_MS);
    entry.dueMs = entry.restsUntilMs = this.#options.clock.monotonicMs() + pauseMs;
    entry.patience = Math.min(entry.patience + 1, 16);
    entry.told = '';
    this.#schedule();
  }

  unfollow(key: string): void {
    this.turns.forget(key);
    if (this.#entries.delete(key)) this.#schedule();
  }

  /** Whatever kept it from asking may be over. */
  lookAnew(): void {
    this.#notBeforeMs = 0;
    this.#failures = 0;
    this.#stageless.clear();
    for (const entry of this.#entries.values()) Object.assign(entry, { dueMs: 0, restsUntilMs: 0 });
    this.#options.access.doubt(this.#options.key);
    this.#schedule();
  }

  /** Whether the server answers, and what it is; where builds are followed on it, their looks say whether. */
  async reach(signal: AbortSignal): Promise<{ readonly kind: 'ok'; readonly value: string } | Trouble> {
    if (this.#entries.size > 0 && this.#trouble !== undefined) return this.#trouble;
    const opened = await this.#open(signal);
    if (opened.kind === 'trouble') return opened;
    const answer = await opened.client.server(signal);
    if (answer.kind === 'ok') return answer;
    const { host } = new URL(this.#server.url);
    return this.#noted(opened, answer.kind === 'trouble' ? answer : trouble('AuthFailed', `${host} answers 403`));
  }

  /** The way to the server, for what is asked of it besides looks. */
  open(signal: AbortSignal): Promise<Opened> {
    const { key, access, mayChange } = this.#options;
    return access.open(key, this.#server, { turn: (until) => this.#rate.turn(until), mayChange }, signal);
  }

  async stop(): Promise<void> {
    this.#stop.abort(new CartoError('CARTO_STOPPING', 'the server is not asked any more'));
    this.#cancelTimer();
    await this.#round;
  }

  #schedule(): void {
    this.#cancelTimer();
    if (this.#stop.signal.aborted || this.#round !== undefined || this.#entries.size === 0) return;
    const dueMs = Math.max(Math.min(...[...this.#entries.values()].map((entry) => entry.dueMs)), this.#notBeforeMs);
    if (dueMs === Number.POSITIVE_INFINITY) return;
    const { clock } = this.#options;
    this.#cancelTimer = clock.schedule(Math.max(dueMs - clock.monotonicMs(), 0), () => {
      this.#round ??= this.#look().finally(() => {
        this.#round = undefined;
        this.#schedule();
      });
    });
  }

  /** One look; never throws. */
  async #look(): Promise<void> {
    const { clock, log, key } = this.#options;
    const { signal } = this.#stop;
    const beganMs = clock.monotonicMs();
    this.#notBeforeMs = beganMs + LEAST_PAUSE_MS;
    try {
      const opened = await this.#open(signal);
      const trouble = opened.kind === 'trouble' ? opened : await this.#ask(opened.client, beganMs);
      if (trouble !== undefined)
        return this.#failed(opened.kind === 'trouble' ? trouble : this.#noted(opened, trouble));
      this.#recovered();
      this.#failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof CartoError) log.warn({ server: key, err: error.message }, 'a look at the server failed');
      else log.error({ server: key, err: error }, 'a look failed unexpectedly; this is a bug, please report it');
      this.#failed({ kind: 'trouble', reason: 'ServerUnavailable', message: messageOf(error) });
    }
  }

  /** The way to the server, unless it has refused this very login before. */
  async #open(signal: AbortSignal): Promise<Extract<Opened, { kind: 'open' }> | Trouble> {
    const opened = await this.open(signal);
    if (opened.kind === 'refused') return { ...opened, kind: 'trouble' };
    if (opened.fingerprint !== this.#refused?.fingerprint) return opened;
    // Whether the Secret has changed is asked each time; the server is not.
    this.#options.access.doubt(this.#options.key);
    return this.#refused.trouble;
  }

  /** Notes a login that was refused. */
  #noted({ fingerprint }: Extract<Opened, { kind: 'open' }>, told: Trouble): Trouble {
    if (told.reason === 'AuthFailed') {
      this.#refused = { fingerprint, trouble: told };
      this.#options.access.doubt(this.#options.key);
    }
    return told;
  }

  #recovered(): void {
    if (this.#trouble === undefined) return;
    this.#trouble = undefined;
    this.#options.onChange(this.#options.key);
  }

  #failed(trouble: Trouble): void {
    this.#failures += 1;
    const backoffMs = Math.min(this.#pollMs() * 2 ** Math.min(this.#failures - 1, 16), LONGEST_BACKOFF_MS);
    this.#notBeforeMs = this.#options.clock.monotonicMs() + Math.max(backoffMs, trouble.afterMs ?? 0);
    const isNews = JSON.stringify(this.#trouble) !== JSON.stringify(trouble);
    this.#trouble = trouble;
    if (isNews) this.#options.onChange(this.#options.key);
    for (const [key, entry] of this.#entries) {
      entry.dueMs = 0;
      if (isNews) {
        entry.told = '';
        this.#options.wake(key);
      }
    }
  }

  /** Asks for the jobs that are due, those of all namespaces in turn. */
  async #ask(client: Extract<Opened, { kind: 'open' }>['client'], beganMs: number): Promise<Trouble | undefined> {
    const jobs = dueJobs(this.#entries, beganMs);
    const looks = lookAt(client, jobs, { stageless: this.#stageless, signal: this.#stop.signal, beganMs });
    for await (const look of looks) {
      if (look.kind === 'trouble') return look;
      this.#recovered();
      this.#take(look, beganMs);
    }
    return undefined;
  }

  #take(look: Exclude<JobLook, Trouble>, beganMs: number): void {
    for (const { key, follow, seen } of look.builds) {
      const entry = this.#entries.get(key);
      // Followed by something else since, which this look knows nothing of.
      if (entry === undefined || entry.follow !== follow) continue;
      entry.seen = seen;
      const nowMs = this.#options.clock.now();
      entry.dueMs = beganMs + pauseAfter(entry, this.#pollMs(), nowMs);
      const told = digestOf(seen, nowMs);
      if (told === entry.told) continue;
      entry.told = told;
      this.#options.wake(key);
    }
  }

  #pollMs(): number {
    return Math.max(spanMs(this.#server.pollInterval) ?? DEFAULT_POLL_MS, LEAST_PAUSE_MS);
  }
}

function isSameJob(left: Follow, right: Follow): boolean {
  return left.job === right.job;
}

/** What was seen of a build stays, where only a name that it had there is written down now. */
function keptSight(seen: Seen, { identity }: Follow): Seen {
  const isNamed = identity.run !== undefined || identity.ticket !== undefined;
  return isNamed && seen.kind === 'seen' && seen.sight.kind !== 'absent' ? seen : UNSEEN;
}

function troubleOf({ reason, message }: Trouble): Seen {
  return { kind: 'trouble', reason, message };
}
