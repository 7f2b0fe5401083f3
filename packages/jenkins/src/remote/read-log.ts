import { getPath, listAt, textAt } from '@cartographer/machinery';
import { type Answer, type Answered, mapAnswer } from './answers.ts';
import { lastLines, textOfMarkup, textOfPiece } from './log-tail.ts';
import type { Session } from './session.ts';
import type { RemoteStage } from './views.ts';

/** The end of a log; of one stage where that is named. */
export type LogTail = { readonly stage?: string; readonly lines: readonly string[] };

/** No more of a log is read at once. */
const LOG_PIECE_BYTES = 64 * 1024;

/** The last lines of the log of a build, of the stage that failed where there is one and its log is there. */
export async function readLog(
  session: Session,
  build: string,
  { lines, stage }: { readonly lines: number; readonly stage?: RemoteStage },
  signal: AbortSignal,
): Promise<Answer<LogTail>> {
  const ofStage = stage === undefined ? undefined : await stageLog(session, build, { lines, stage }, signal);
  return ofStage === undefined ? await wholeLog(session, build, lines, signal) : { kind: 'ok', value: ofStage };
}

/** How long the log is, stands in the head of its first piece. Where it is shorter by then, the oldest servers give all of it. */
async function wholeLog(session: Session, build: string, lines: number, signal: AbortSignal): Promise<Answer<LogTail>> {
  const piece = (start: number): Promise<Answer<Answered>> =>
    session.get(`${build}/logText/progressiveText?start=${start}`, signal, LOG_PIECE_BYTES);
  const first = await piece(0);
  if (first.kind !== 'ok') return first;
  const size = Number(first.value.headers.get('x-text-size') ?? '0');
  const isAll = first.value.body.isWhole || !Number.isSafeInteger(size) || size <= LOG_PIECE_BYTES;
  const last = isAll ? first : await piece(size - LOG_PIECE_BYTES);
  return mapAnswer(last, ({ body }) => ({ lines: lastLines(textOfPiece(body.bytes), lines) }));
}

/** The log of the step of a stage that failed, or of its last. */
async function stageLog(
  session: Session,
  build: string,
  { lines, stage }: { readonly lines: number; readonly stage: RemoteStage },
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
