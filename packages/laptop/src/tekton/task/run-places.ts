import { createHash } from 'node:crypto';
import { join, posix, relative, sep } from 'node:path';

/** Where things of one run are, in place of a container's folders. */
export type RunPlaces = {
  readonly folder: string;
  readonly recordFile: string;
  readonly logsFolder: string;
  /** Removed when the run has ended. */
  readonly work: string;
  /** Tekton's `/workspace`, where steps start. */
  readonly workspace: string;
  /** Tekton's `/tekton/results`. */
  readonly results: string;
  readonly scripts: string;
  /** Tekton's `/tekton/steps`. */
  readonly steps: string;
};

/** The places of a run. */
export function runPlaces(root: string, key: string): RunPlaces {
  const folder = join(root, 'runs', ...key.split('/'));
  const work = join(folder, 'work');
  return {
    folder,
    work,
    recordFile: join(folder, 'run.json'),
    logsFolder: join(folder, 'logs'),
    workspace: join(work, 'workspace'),
    results: join(work, 'results'),
    scripts: join(work, 'scripts'),
    steps: join(work, 'steps'),
  };
}

/** The log of a step. */
export function stepLog(places: RunPlaces, pod: string, step: string): string {
  return join(places.logsFolder, pod, `step-${step}.log`);
}

/** The folder that stands for a claim that a PipelineRun made for its runs. */
export function volumeFolder(root: string, namespace: string, pipelineRun: string, claim: string): string {
  return join(pipelineFolder(root, `${namespace}/${pipelineRun}`), claim);
}

/** What a PipelineRun keeps for its runs, by its key. */
export function pipelineFolder(root: string, key: string): string {
  return join(root, 'pipelines', ...key.split('/'));
}

/** The name of the claim that is made for a workspace with a template, as Tekton makes it. */
export function claimName(workspace: string, ownerUid: string, template = ''): string {
  const hash = createHash('sha256').update(`${workspace}${ownerUid}`).digest('hex').slice(0, 10);
  return `${template === '' ? 'pvc' : template}-${hash}`;
}

/** A path that may not lead out of a folder; undefined when it does. */
export function pathInside(folder: string, path: string): string | undefined {
  const inside = posix.normalize(path === '' ? '.' : path);
  return inside === '..' || inside.startsWith('../') || inside.startsWith('/') ? undefined : join(folder, inside);
}

/** Where a step starts: Tekton's paths below `/workspace` are those of the run's. Undefined for places that only a container has. */
export function workingFolder(places: RunPlaces, workingDir: string, folders: readonly string[]): string | undefined {
  const text = workingDir.replace(/\/+$/, '');
  if (!text.startsWith('/')) return pathInside(places.workspace, text);
  if (text === '/workspace') return places.workspace;
  if (text.startsWith('/workspace/')) return pathInside(places.workspace, text.slice('/workspace/'.length));
  return [places.work, ...folders].some((folder) => isInside(folder, text)) ? text : undefined;
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`);
}
