import type { KubeObject, ResourceType } from '@cartographer/machinery';
import type { LogLine, LogSource } from './log-line.ts';

/** A log of an object: of one start of a container, of one program. */
export type LogFeed = {
  /** Tells it from all others, for good. */
  readonly key: string;
  readonly source: Omit<LogSource, 'step'>;
  /** Whether nothing more will be written: it is shown whole before those that go on. */
  readonly isOver: boolean;
  /** Its lines; those that will come, too, as long as `goesOn` says so. */
  lines(goesOn: () => boolean): AsyncIterable<LogLine>;
};

/** What an object has to tell. */
export type ObjectLogs = {
  readonly feeds: readonly LogFeed[];
  /** What keeps a log from being there, each said once. */
  readonly notes: readonly { readonly source: Omit<LogSource, 'step'>; readonly text: string }[];
};

/** A kind whose objects have logs. */
export type LogKind = {
  readonly type: ResourceType;
  /** Whether an object of it will write no more. */
  isOver(object: KubeObject): boolean;
  /** The logs of an object, or those of its starts before. */
  logsOf(object: KubeObject, previous: boolean): Promise<ObjectLogs>;
};

/** How much of each log. */
export type LogExtent = {
  readonly follow: boolean;
  /** Only so many of the last lines of what is there; undefined: all. */
  readonly lines: number | undefined;
  /** Only what was written in this time before now. */
  readonly sinceMs: number | undefined;
};
