import { isForbidden, NoMatchError } from '@cartographer/kube';
import { CartoError, listAt, textAt } from '@cartographer/machinery';
import { chooseStep, type OwnerName, ownerText } from '../frame/owner-name.ts';
import type { Session } from '../frame/session.ts';
import { createAttribution } from './attribution.ts';
import { jenkinsLogs } from './jenkins-logs.ts';
import { createLinePrinter, type LineLooks } from './line-printer.ts';
import type { LogExtent, LogKind } from './log-kind.ts';
import { podLogs } from './pod-logs.ts';
import { showLogs } from './show-logs.ts';

/** Which logs of an owner, how much of them, and how they look. */
export type TailOptions = LineLooks &
  LogExtent & {
    /** Only those of this step: its name, or how it begins. */
    readonly step?: string;
    /** Only those of containers of this name. */
    readonly container?: string;
    /** Those of the run, or of the start of a container, before the newest. */
    readonly previous: boolean;
    /** Ends it: the promise resolves. */
    readonly signal: AbortSignal;
  };

/**
 * Prints the logs of everything that an owner's steps run: builds, tests, scans, apps. Followed, it goes on until the signal
 * fires: what is made later is picked up, what breaks is begun again.
 * @throws CartoError `CARTO_NOT_FOUND` when there is no such step, or, unless followed, no log. ApiError when the owner is not
 * there, or its pods may not be listed.
 */
export async function tailLogs(session: Session, owner: OwnerName, options: TailOptions): Promise<void> {
  const own = { ...session, signal: options.signal };
  const { client, namespace, signal } = own;
  const object = await client.get(owner.type, { namespace, name: owner.name }, { signal });
  const resources = listAt(object.status, 'resources');
  const steps = resources.map((resource) => textAt(resource, 'name'));
  const wanted = options.step === undefined ? undefined : wantedStep(owner, options.step, steps);
  const usesJenkins = resources.some((resource) => textAt(resource, 'stampedRef', 'kind') === JENKINS_BUILD.kind);
  await showLogs(own, {
    name: ownerText(owner, namespace),
    kinds: await kindsWithLogs(own, options, usesJenkins),
    attribute: createAttribution(own, owner),
    steps,
    isWanted: ({ step, container }) =>
      (wanted === undefined || step === wanted) && (options.container === undefined || container === options.container),
    follow: options.follow,
    previous: options.previous,
    print: createLinePrinter(own, options),
  });
}

function wantedStep(owner: OwnerName, step: string, steps: readonly string[]): string {
  if (owner.kind !== 'Runnable') return chooseStep(step, steps);
  throw new CartoError('CARTO_USAGE', '--step: a Runnable has no steps');
}

async function kindsWithLogs(session: Session, extent: LogExtent, usesJenkins: boolean): Promise<readonly LogKind[]> {
  const { run } = session.target;
  if (run === undefined) return [podLogs(session, extent), ...(await jenkinsKind(session, usesJenkins))];
  const { laptopLogKindsOf } = await import('./laptop-logs.ts');
  const kinds = [...laptopLogKindsOf(session, run.dir, extent), ...(await jenkinsKind(session, usesJenkins))];
  const served = await Promise.all(kinds.map(async (kind) => ((await isServed(session, kind)) ? [kind] : [])));
  return served.flat();
}

const JENKINS_BUILD = { apiVersion: 'jenkins.carto.run/v1alpha1', kind: 'JenkinsBuild' };

/** A Jenkins is of interest where there is one, and whoever uses none need not have the right to look. */
async function jenkinsKind(session: Session, isUsed: boolean): Promise<readonly LogKind[]> {
  const { client, mapper, namespace, signal } = session;
  try {
    const type = await mapper.resourceFor(JENKINS_BUILD, { signal });
    await client.list(type, { namespace, limit: 1, signal });
    return [jenkinsLogs(type)];
  } catch (error) {
    if (error instanceof NoMatchError || (isForbidden(error) && !isUsed)) return [];
    throw error;
  }
}

async function isServed({ mapper, signal }: Session, { type }: LogKind): Promise<boolean> {
  const types = await mapper.resourcesOf(`${type.group}/${type.version}`, { signal });
  return types.some(({ kind }) => kind === type.kind);
}
