import { spanMs } from '@cartographer/api';
import { CartoError, type Clock, type Log, messageOf } from '@cartographer/machinery';
import type { Server } from '../kinds/read.ts';
import { type Trouble, trouble } from '../remote/answers.ts';
import { FairTurns } from './fair-turns.ts';
import type { Follow, Seen } from './followed.ts';
import { FollowedBuilds } from './followed-builds.ts';
import { type JobLook, lookAt } from './look.ts';
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

/** How many builds are worked on at once: triggers, aborts, outputs. */
const AT_ONCE = 4;
const LOGS_AT_ONCE = 1;
const LEAST_PAUSE_MS = 1_000;
const LONGEST_BACKOFF_MS = 60_000;
const DEFAULT_POLL_MS = 5_000;

/** All that one server is asked for the builds that are followed on it: one loop, however many they are; none without any. */
export class ServerDesk {
  readonly turns: FairTurns;
  readonly #options: ServerDeskOptions;
  /** Of builds whose log is read while they run: nothing else waits behind them. */
  readonly #logTurns: FairTurns;
  readonly #rate: RequestRate;
  readonly #builds = new FollowedBuilds();
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
    this.#logTurns = new FairTurns(LOGS_AT_ONCE, options.wake);
  }

  get key(): string {
    return this.#options.key;
  }

  /** The server has another spec: it is asked anew at once. */
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
    return this.#builds.size;
  }

  /** Whether one more build may be triggered; from then on it counts, until it is given up or over. */
  takeRoom(key: string): boolean {
    const { maxConcurrentBuilds: most } = this.#server;
    const others = [...this.#builds.all()].filter(
      ([other, { identity }]) => other !== key && (identity.attempt !== undefined || this.#begun.has(other)),
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
    const seen = this.#builds.follow(key, follow);
    this.#schedule();
    return this.#trouble === undefined ? seen : troubleOf(this.#trouble);
  }

  /** What was seen of a build does not count any more: something was just sent. */
  lookAgain(key: string): void {
    this.#builds.doubt(key);
    this.#schedule();
  }

  /** Nothing can be done with what was seen: it is looked at after a growing pause. */
  lookLater(key: string): void {
    this.#builds.restSeen(key, this.#options.clock.monotonicMs());
    this.#schedule();
  }

  /** What was sent was refused: nothing is looked at and nothing sent before a growing pause is over. */
  rest(key: string): void {
    this.#builds.restUnseen(key, this.#options.clock.monotonicMs());
    this.#schedule();
  }

  /** Whether the log of a build that runs is to be read now, once at each step; one whose turn it is not yet is woken then. */
  readsLog(key: string, step: number): boolean {
    return this.#builds.readsLog(key, step, (namespace) => this.#logTurns.ask(key, namespace));
  }

  /** Gives back the turns that a build may have. */
  release(key: string): void {
    this.turns.release(key);
    this.#logTurns.release(key);
  }

  unfollow(key: string): void {
    this.turns.forget(key);
    this.#logTurns.forget(key);
    if (this.#builds.unfollow(key)) this.#schedule();
  }

  /** Whatever kept it from asking may be over. */
  lookAnew(): void {
    this.#notBeforeMs = 0;
    this.#failures = 0;
    this.#stageless.clear();
    this.#builds.lookAnew();
    this.#options.access.doubt(this.#options.key);
    this.#schedule();
  }

  /** Whether the server answers, and what it is; where builds are followed on it, their looks say whether. */
  async reach(signal: AbortSignal): Promise<{ readonly kind: 'ok'; readonly value: string } | Trouble> {
    if (this.#builds.size > 0 && this.#trouble !== undefined) return this.#trouble;
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
    if (this.#stop.signal.aborted || this.#round !== undefined) return;
    const dueMs = Math.max(this.#builds.dueMs, this.#notBeforeMs);
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
    for (const key of this.#builds.fail(isNews)) this.#options.wake(key);
  }

  /** Asks for the jobs that are due, those of all namespaces in turn. */
  async #ask(client: Extract<Opened, { kind: 'open' }>['client'], beganMs: number): Promise<Trouble | undefined> {
    const jobs = this.#builds.dueJobs(beganMs);
    const looks = lookAt(client, jobs, { stageless: this.#stageless, signal: this.#stop.signal, beganMs });
    for await (const look of looks) {
      if (look.kind === 'trouble') return look;
      this.#recovered();
      this.#take(look, beganMs);
    }
    return undefined;
  }

  #take(look: Extract<JobLook, { kind: 'job' }>, beganMs: number): void {
    const times = { beganMs, pollMs: this.#pollMs(), nowMs: this.#options.clock.now() };
    for (const key of this.#builds.take(look, times)) this.#options.wake(key);
  }

  #pollMs(): number {
    return Math.max(spanMs(this.#server.pollInterval) ?? DEFAULT_POLL_MS, LEAST_PAUSE_MS);
  }
}

function troubleOf({ reason, message }: Trouble): Seen {
  return { kind: 'trouble', reason, message };
}
