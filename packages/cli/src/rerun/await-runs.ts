import { createInformer } from '@cartographer/kube';
import { CartoError, type KubeObject, listAt, silentLog, textAt } from '@cartographer/machinery';
import type { OwnerName } from '../frame/owner-name.ts';
import type { Session } from '../frame/session.ts';
import type { StepRerun } from './rerun-steps.ts';

/** How a run that was asked for ended. */
export type RunEnd = {
  readonly step: string;
  readonly run: string;
  readonly isGood: boolean;
  readonly message: string;
};

/**
 * Waits until every step has a run that is not the one it had, and that run is over.
 * @throws CartoError `CARTO_WAIT_TIMEOUT` that names the steps which are not, `CARTO_NOT_FOUND` when the owner is deleted.
 */
export async function awaitRuns(
  session: Session,
  owner: OwnerName,
  { steps, timeoutMs }: { readonly steps: readonly StepRerun[]; readonly timeoutMs: number },
): Promise<readonly RunEnd[]> {
  const { client, clock, namespace, signal } = session;
  const scope = new AbortController();
  const { promise, resolve, reject } = Promise.withResolvers<readonly RunEnd[]>();
  let left = steps.map(({ step }) => step);
  const cancel = clock.schedule(timeoutMs, () =>
    reject(new CartoError('CARTO_WAIT_TIMEOUT', `not over after ${timeoutMs / 1000} s: ${left.join(', ')}`)),
  );
  const stopped = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', stopped, { once: true });
  const fieldSelector = `metadata.name=${owner.name}`;
  const informer = createInformer({ client, clock, type: owner.type, namespace, fieldSelector, log: silentLog });
  informer.onEvent(({ type, object }) => {
    if (type === 'deleted') reject(new CartoError('CARTO_NOT_FOUND', `${owner.name} was deleted meanwhile`));
    const ends = steps.flatMap((step) => endOf(object, step) ?? []);
    left = steps.map(({ step }) => step).filter((name) => !ends.some(({ step }) => step === name));
    if (left.length === 0) resolve(ends);
  });
  const running = informer.run(scope.signal);
  try {
    return await promise;
  } finally {
    cancel();
    signal.removeEventListener('abort', stopped);
    scope.abort();
    await running;
  }
}

function endOf(owner: KubeObject, { step, run: before }: StepRerun): RunEnd | undefined {
  const resource = listAt(owner.status, 'resources').find((each) => textAt(each, 'name') === step);
  const run = textAt(resource, 'stampedRef', 'name');
  if (run === '' || run === before) return undefined;
  const healthy = listAt(resource, 'conditions').find((each) => textAt(each, 'type') === 'Healthy');
  const status = textAt(healthy, 'status');
  if (status !== 'True' && status !== 'False') return undefined;
  return { step, run, isGood: status === 'True', message: textAt(healthy, 'message') };
}
