import { getPath, listAt, textAt } from '@cartographer/machinery';
import { type Answer, type Answered, mapAnswer } from './answers.ts';
import { lastLines, textOfMarkup, textOfPiece } from './log-tail.ts';
import type { Session } from './session.ts';
import type { RemoteStage } from './views.ts';

/** The end of a log; of one stage where that is named. */
export type LogTail = {
  readonly stage?: string;
  readonly lines: readonly string[];
  /** How long the whole log was; absent where the lines are of a stage. */
  readonly sizeBytes?: number;
};

/** What is wanted of a log. */
export type WantedLog = {
  readonly lines: number;
  readonly stage?: RemoteStage;
  /** How long it was the last time. */
  readonly sizeBytes?: number;
};

/** No more of a log is read at once. */
const LOG_PIECE_BYTES = 64 * 1024;
/** So much of what was read before is read again, so that there are lines enough. */
const KNOWN_BYTES = 48 * 1024;

/** The last lines of the log of a build, of the stage that failed where there is one and its log is there. */
export async function readLog(
  session: Session,
  build: string,
  want: WantedLog,
  signal: AbortSignal,
): Promise<Answer<LogTail>> {
  const { stage } = want;
  const ofStage = stage === undefined ? undefined : await stageLog(session, build, { ...want, stage }, signal);
  return ofStage === undefined ? await wholeLog(session, build, want, signal) : { kind: 'ok', value: ofStage };
}

/**
 * How long the log is, stands in the head of each piece; so the end is asked for if the first piece does not have it. Where
 * the log is shorter by then, newer servers answer nothing, and the oldest give all of it.
 */
async function wholeLog(
  session: Session,
  build: string,
  { lines, sizeBytes: before = 0 }: WantedLog,
  signal: AbortSignal,
): Promise<Answer<LogTail>> {
  const piece = (start: number): Promise<Answer<Answered>> =>
    session.get(`${build}/logText/progressiveText?start=${start}`, signal, LOG_PIECE_BYTES);
  const start = Math.max(before - KNOWN_BYTES, 0);
  const first = await piece(start);
  if (first.kind !== 'ok') return first;
  const endStart = Math.max(sizeOf(first.value) - LOG_PIECE_BYTES, 0);
  const { isWhole, bytes } = first.value.body;
  const hasEnd = endStart === start || (isWhole && (bytes.length > 0 || start === 0));
  const last = hasEnd ? first : await piece(endStart);
  return mapAnswer(last, (answered) => ({
    lines: lastLines(textOfPiece(answered.body.bytes), lines),
    sizeBytes: sizeOf(answered),
  }));
}

/** What the head says; 0 where it says nothing of use. */
function sizeOf({ headers }: Answered): number {
  const size = Number(headers.get('x-text-size') ?? '0');
  return Number.isSafeInteger(size) && size > 0 ? size : 0;
}

/** The log of the step of a stage that failed, or of its last. */
async function stageLog(
  session: Session,
  build: string,
  { lines, stage }: WantedLog & { readonly stage: RemoteStage },
  signal: AbortSignal,
): Promise<LogTail | undefined> {
  const node = (id: string, what: string) =>
    session.getJson(`${build}/execution/node/${encodeURIComponent(id)}/wfapi/${what}`, signal);
  const described = await node(stage.id, 'describe');
  if (described.kind !== 'ok') return undefined;
  const nodes = listAt(described.value, 'stageFlowNodes');
  const failed = nodes.findLast((each) => textAt(each, 'status') === 'FAILED') ?? nodes.at(-1);
  const log = await node(failed === undefined ? stage.id : textAt(failed, 'id'), 'log');
  const text = log.kind === 'ok' && getPath(log.value, 'length') !== 0 ? textOfMarkup(textAt(log.value, 'text')) : '';
  return text === '' ? undefined : { stage: stage.name, lines: lastLines(text, lines) };
}
