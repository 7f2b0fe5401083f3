import { systemClock } from '@cartographer/kube';
import { silentLog } from '@cartographer/machinery';
import { createYtt, type Ytt } from '@cartographer/ytt';

/** Real time, which a runner that hangs ends before. */
const DEADLINE_MS = 600_000;

/** ytt of a test: a render takes as long as it takes, however busy the machine; close it at the end. */
export function createPatientYtt(): Ytt {
  return createYtt({ clock: systemClock, log: silentLog, deadlineMs: DEADLINE_MS });
}
