import type { KubeObject } from '@cartographer/machinery';
import { ageSince, ageText } from '../../screen/ages.ts';
import { STATE_SIGNS } from '../../screen/style.ts';
import type { Cell } from '../../screen/table.ts';
import { wrap } from '../../screen/text.ts';
import { type RunRecord, tookMs } from '../account/run-records.ts';
import type { RuntimePrinter } from '../account/runtime-printers.ts';
import type { StepTime } from '../account/step-times.ts';
import { fittingTable } from './fitting-table.ts';
import type { View } from './view.ts';

type RunsView = Pick<View, 'style' | 'columns' | 'nowMs'>;

/** Runs of a step that are shown; the cluster may keep more. */
const MOST_RUNS = 5;

/** The newest runs of each step. */
export function runLines(runs: ReadonlyMap<string, readonly RunRecord[]>, view: RunsView): readonly string[] {
  if (runs.size === 0) return [];
  const rows = [...runs].flatMap(([step, records]) =>
    records.slice(0, MOST_RUNS).map((record): readonly Cell[] => {
      const { state, startedAt, kind, name, message } = record;
      const took = tookMs(record);
      return [
        step,
        { text: `${STATE_SIGNS[state]} ${state}`, paint: (text) => view.style.inState(state, text) },
        ageSince(startedAt, view.nowMs),
        took === undefined ? '-' : ageText(took),
        `${kind.toLowerCase()}/${name}`,
        state === 'ready' ? '' : message,
      ];
    }),
  );
  return fittingTable({ head: ['STEP', 'STATE', 'AGE', 'TOOK', 'RUN', 'MESSAGE'], rows }, view.style, view.columns);
}

/** How long steps took, and where the numbers come from. */
export function timeLines(times: readonly StepTime[], view: RunsView): readonly string[] {
  if (times.length === 0) return [];
  const rows = times.map(({ step, tookMs: took, runningMs, isSlow }): readonly Cell[] => {
    const [last, ...before] = took.map(ageText);
    const now = runningMs === undefined ? '' : `running for ${ageText(runningMs)}`;
    return [
      step,
      last ?? '-',
      before.join(', '),
      isSlow ? { text: `${now}, longer than ever before`, paint: view.style.warn } : now,
    ];
  });
  const sources = new Set(times.map(({ from }) => FROM[from]));
  const notes = [...sources].flatMap((text) => (view.columns === undefined ? [text] : wrap(text, view.columns)));
  const table = fittingTable({ head: ['STEP', 'LAST', 'BEFORE', 'NOW'], rows }, view.style, view.columns);
  return [...table, ...notes.map(view.style.faint)];
}

const FROM: Readonly<Record<StepTime['from'], string>> = {
  runs: 'of runs that went well, from start to end as they say',
  outputs: 'without runs: from the newest input to the output, as the status says; older ones are not kept',
};

/** What runs, of one kind. */
export function runningLines(
  { head, row }: RuntimePrinter,
  objects: readonly KubeObject[],
  view: RunsView,
): readonly string[] {
  return fittingTable({ head, rows: objects.map((object) => row(object, view.nowMs)) }, view.style, view.columns);
}
