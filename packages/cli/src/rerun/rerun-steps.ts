import { LABELS } from '@cartographer/api';
import { getIfThere, isForbidden, NoMatchError } from '@cartographer/kube';
import { type Json, type KubeObject, listAt, parseApiVersion, textAt } from '@cartographer/machinery';
import type { Session } from '../frame/session.ts';

/** What asking again does to a step. */
export type StepRerun = {
  readonly step: string;
  /** The run that stands now; `''` when there is none. */
  readonly run: string;
  readonly can: 'again' | 'never' | 'later' | 'unknown';
  /** Why it does not run again, and what to do instead; `''` when it does. */
  readonly why: string;
};

/** Tells of each step of an owner whether it makes runs, which can be made again. */
export async function stepReruns(session: Session, owner: KubeObject): Promise<readonly StepRerun[]> {
  const resources = listAt(owner.status, 'resources');
  return Promise.all(resources.map((resource) => stepRerun(session, resource)));
}

async function stepRerun(session: Session, resource: Json): Promise<StepRerun> {
  const step = textAt(resource, 'name');
  const [kind, run] = [textAt(resource, 'stampedRef', 'kind'), textAt(resource, 'stampedRef', 'name')];
  if (kind === '')
    return { step, run, can: 'later', why: 'it has made nothing yet, and runs when its inputs are there' };
  const lifecycle = await lifecycleOf(session, resource);
  if (lifecycle === 'unknown') {
    return {
      step,
      run,
      can: 'unknown',
      why: `you may not read its ${kind} ${run}: if that is a run, it is made again`,
    };
  }
  if (lifecycle !== 'mutable') return { step, run, can: 'again', why: '' };
  const { group } = parseApiVersion(textAt(resource, 'stampedRef', 'apiVersion')) ?? { group: '' };
  const instead = INSTEAD[`${kind}.${group}`]?.(run) ?? 'change its inputs or its template';
  return { step, run, can: 'never', why: `its ${kind} ${run} is changed in place and not made anew: ${instead}` };
}

/** What makes an object that stays do its work once more. */
const INSTEAD: Readonly<Record<string, (name: string) => string>> = {
  'Runnable.carto.run': (name) => `carto rerun runnable/${name}`,
  'Image.kpack.io': (name) =>
    `kubectl annotate images.kpack.io ${name} image.kpack.io/additionalBuildNeeded="$(date)" --overwrite`,
  'GitRepository.source.toolkit.fluxcd.io': (name) =>
    `kubectl annotate gitrepository ${name} reconcile.fluxcd.io/requestedAt="$(date)" --overwrite`,
};

async function lifecycleOf({ client, mapper, namespace, signal }: Session, resource: Json): Promise<string> {
  const [apiVersion, kind] = [textAt(resource, 'stampedRef', 'apiVersion'), textAt(resource, 'stampedRef', 'kind')];
  const name = textAt(resource, 'stampedRef', 'name');
  try {
    const type = await mapper.resourceFor({ apiVersion, kind }, { signal });
    const object = await getIfThere(client, type, { namespace, name }, { signal });
    return object?.metadata.labels?.[LABELS.templateLifecycle] ?? (object === undefined ? 'unknown' : 'mutable');
  } catch (error) {
    if (isForbidden(error) || error instanceof NoMatchError) return 'unknown';
    throw error;
  }
}
