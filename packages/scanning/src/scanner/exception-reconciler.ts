import type { Clock } from '@cartographer/machinery';
import { done, type Reconcile } from '@cartographer/runtime';
import type { ScanException } from '../kinds/read.ts';
import type { VulnerabilityExceptionStatus } from '../kinds/vulnerability-exception.ts';
import { exceptionStatus } from '../verdict/exception-status.ts';
import { exceptionName } from '../verdict/exceptions.ts';
import type { ExceptionUse } from '../verdict/verdict.ts';
import { exceptionOf, type ScannerCaches } from './scanner-caches.ts';
import { type StatusDeps, writeStatus } from './write-status.ts';

type ExceptionKind = ScanException['kind'];

/** What exceptions do in the verdicts of all scans. */
export class ExceptionUses {
  readonly #byScan = new Map<string, readonly ExceptionUse[]>();
  readonly #onChange: (exception: string) => void;

  /** @param onChange is told of each exception, `VulnerabilityException shop/log4j`, that does something else now. */
  constructor(onChange: (exception: string) => void) {
    this.#onChange = onChange;
  }

  /** What they do in a scan's verdict; undefined for a scan that is gone. */
  note(scan: string, uses: readonly ExceptionUse[] | undefined): void {
    const before = this.#byScan.get(scan) ?? [];
    if (uses === undefined || uses.length === 0) this.#byScan.delete(scan);
    else this.#byScan.set(scan, uses);
    const said = (list: readonly ExceptionUse[]) => new Map(list.map((use) => [use.exception, JSON.stringify(use)]));
    const [was, is] = [said(before), said(uses ?? [])];
    for (const name of new Set([...was.keys(), ...is.keys()])) if (was.get(name) !== is.get(name)) this.#onChange(name);
  }

  of(exception: string): readonly ExceptionUse[] {
    return [...this.#byScan.values()].flat().filter((use) => use.exception === exception);
  }
}

/** What an exception reconciler reads from and writes to. */
export type ExceptionDeps = StatusDeps & {
  readonly caches: ScannerCaches;
  readonly uses: ExceptionUses;
  /** Whether scans wait to be judged: what an exception does is not known before. */
  readonly isJudging: () => boolean;
  readonly clock: Clock;
};

/** How soon to look again while scans are judged. */
const AGAIN_MS = 1_000;

/** Says on each exception what it does, or why it does nothing. */
export function createExceptionReconciler(deps: ExceptionDeps): Reconcile {
  const { caches, uses, written, clock } = deps;
  return async (key, { signal }) => {
    const slash = key.indexOf('/');
    const kind = key.slice(0, slash) as ExceptionKind;
    const object = written.newest(key, caches.informer(kind).get(key.slice(slash + 1)));
    const read = object && exceptionOf(object);
    if (object === undefined || read === undefined || read.kind === 'wrong') {
      written.forget(key);
      return done;
    }
    if (deps.isJudging()) return { kind: 'again', afterMs: AGAIN_MS };
    const previous = object['status'] as VulnerabilityExceptionStatus | undefined;
    const status = exceptionStatus(read.value, uses.of(exceptionName(read.value)), {
      generation: object.metadata.generation ?? 0,
      nowMs: clock.now(),
      ...(previous === undefined ? {} : { previous }),
    });
    await writeStatus(deps, { kind, key, object }, status, signal);
    const endsMs = Date.parse(read.value.spec.expires);
    const afterMs = endsMs - clock.now();
    return afterMs > 0 ? { kind: 'again', afterMs: Math.min(afterMs, LONGEST_WAIT_MS) } : done;
  };
}

/** A timer for longer than this would ring at once. */
const LONGEST_WAIT_MS = 20 * 86_400_000;

/** The key in the queue of what {@link exceptionName} names. */
export function exceptionKey(name: string): string {
  return name.replace(' ', '/');
}
