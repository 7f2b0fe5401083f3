import { logStep } from '../desk/look-plan.ts';
import type { ServerDesk } from '../desk/server-desk.ts';
import type { BuildRequest } from '../kinds/read.ts';
import { jobPath } from '../remote/job-path.ts';
import type { LogTail } from '../remote/read-log.ts';
import type { RemoteBuild } from '../remote/views.ts';
import { type BuildRun, statusOf } from './build-run.ts';

/**
 * The end of the log of a build that runs, where it is to be read anew. A courtesy: nothing waits for it, and where it cannot
 * be read there is none. Logs are read one after the other; a build whose turn it is not yet is woken when it is.
 */
export async function runningLog(
  { object, key, signal, deps: { clock } }: BuildRun,
  { job, logLines: lines }: BuildRequest,
  desk: ServerDesk,
  { number, startedAtMs }: RemoteBuild,
): Promise<LogTail | undefined> {
  const nowMs = clock.now();
  if (lines === 0 || !desk.readsLog(key, logStep(nowMs - (startedAtMs ?? nowMs)))) return undefined;
  const opened = await desk.open(signal);
  if (opened.kind === 'refused') return undefined;
  const { sizeBytes } = statusOf(object).log ?? {};
  const want = { lines, ...(sizeBytes === undefined ? {} : { sizeBytes }) };
  const answer = await opened.client.log(jobPath(job) ?? '', number, want, signal);
  return answer.kind === 'ok' ? answer.value : undefined;
}
