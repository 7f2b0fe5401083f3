import { RERUN_ANNOTATION, RERUN_REASON_ANNOTATION } from '@cartographer/api';
import { isConflict } from '@cartographer/kube';
import { CartoError, type KubeObject } from '@cartographer/machinery';
import { EXIT } from '../frame/exit-codes.ts';
import type { TargetFlags } from '../frame/flags.ts';
import { chooseStep, type OwnerName, ownerText, parseOwner } from '../frame/owner-name.ts';
import { runSession, type Session } from '../frame/session.ts';
import type { Surroundings } from '../frame/surroundings.ts';
import { plainLine } from '../screen/text.ts';
import { awaitRuns } from './await-runs.ts';
import { rerunAnnotation, rerunNonceAt } from './rerun-annotation.ts';
import { type StepRerun, stepReruns } from './rerun-steps.ts';

/** Flags of `carto rerun`. */
export type RerunFlags = TargetFlags & {
  readonly step?: string;
  readonly reason?: string;
  readonly wait?: boolean;
  /** Milliseconds. */
  readonly timeout: number;
};

/** Owns the annotation and nothing else, so that no apply of the owner takes it away. */
const FIELD_MANAGER = 'carto-rerun';
/** A controller writes statuses all the time: each time the annotation is made anew from what stands. */
const ATTEMPTS = 5;

/** `carto rerun` */
export async function runRerun(name: string, flags: RerunFlags, surroundings: Surroundings): Promise<void> {
  const owner = parseOwner(name);
  if (owner.kind === 'Runnable' && (flags.step !== undefined || flags.wait === true)) {
    const flag = flags.wait === true ? '--wait' : '--step';
    throw new CartoError('CARTO_USAGE', `${flag}: a Runnable has no steps; follow its run by carto tail ${name}`);
  }
  await runSession(surroundings, flags, { writes: true }, async (session) => {
    const { steps, asked } = await ask(session, owner, flags);
    const about = ownerText(owner, session.namespace);
    session.print([
      asked.length === 0 ? `${about} runs again` : `${about} runs again: ${asked.map(({ step }) => step).join(', ')}`,
      ...steps.filter(({ why }) => why !== '').map(({ step, why }) => `  ${plainLine(`not ${step}: ${why}`)}`),
    ]);
    if (flags.wait === true) await showEnds(session, owner, { steps: asked, timeoutMs: flags.timeout });
  });
}

/** The steps that are told of, and those of them that run again. */
type Asked = { readonly steps: readonly StepRerun[]; readonly asked: readonly StepRerun[] };

async function ask(session: Session, owner: OwnerName, flags: RerunFlags): Promise<Asked> {
  const { client, clock, namespace, signal } = session;
  for (let attempt = 1; ; attempt += 1) {
    const object = await client.get(owner.type, { namespace, name: owner.name }, { signal });
    const all = await stepReruns(session, object);
    const names = all.map(({ step }) => step);
    const step = flags.step === undefined ? undefined : chooseStep(flags.step, names);
    const steps = all.filter((each) => step === undefined || each.step === step);
    const asked = steps.filter(({ can }) => can === 'again' || can === 'unknown');
    if (owner.kind !== 'Runnable' && asked.length === 0) throw nothingRuns(owner, namespace, steps);
    const before = object.metadata.annotations?.[RERUN_ANNOTATION];
    const value = rerunAnnotation(before, rerunNonceAt(clock.now()), { step, steps: names });
    try {
      await client.apply(owner.type, marked(object, value, flags.reason), {
        fieldManager: FIELD_MANAGER,
        force: true,
        signal,
      });
      return { steps, asked };
    } catch (error) {
      if (!isConflict(error) || attempt === ATTEMPTS) throw error;
    }
  }
}

function nothingRuns(owner: OwnerName, namespace: string, steps: readonly StepRerun[]): CartoError {
  const about = ownerText(owner, namespace);
  const why = steps.map(({ step, why }) => `${step}: ${why}`);
  const what = why.length === 0 ? 'it has no steps yet; look with carto explain' : why.join('; ');
  return new CartoError('CARTO_ANSWER_NO', `nothing of ${about} can be run again: ${what}`);
}

/** What this command says of an owner, good for the version that was read alone. */
function marked({ apiVersion, kind, metadata }: KubeObject, value: string, reason: string | undefined): KubeObject {
  const { name, namespace, resourceVersion } = metadata;
  const annotations = {
    [RERUN_ANNOTATION]: value,
    ...(reason === undefined ? {} : { [RERUN_REASON_ANNOTATION]: reason }),
  };
  return { apiVersion, kind, metadata: { name, namespace, resourceVersion, annotations } };
}

async function showEnds(
  session: Session,
  owner: OwnerName,
  what: { readonly steps: readonly StepRerun[]; readonly timeoutMs: number },
): Promise<void> {
  session.say(`waiting for the runs to end`);
  for (const { step, run, isGood, message } of await awaitRuns(session, owner, what)) {
    session.print([plainLine(isGood ? `${step}: ${run} succeeded` : `${step}: ${run} failed: ${message}`)]);
    if (!isGood) session.terminal.exitCode = EXIT.no;
  }
}
