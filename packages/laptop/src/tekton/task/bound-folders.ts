import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeObject } from '@cartographer/machinery';
import { LABELS } from '../kind/tekton-types.ts';
import { pathInside, type RunPlaces, volumeFolder } from './run-places.ts';
import { taskRunSpec } from './task-run.ts';

/** The folder of each workspace of a run by its name, or why one cannot be had. */
export type BoundFolders =
  | { readonly kind: 'folders'; readonly folders: ReadonlyMap<string, string> }
  | { readonly kind: 'refused'; readonly message: string };

/** Finds the folders. A claim is there when a PipelineRun made it for its runs; others have no meaning without a cluster. */
export function boundFolders(run: KubeObject, places: RunPlaces, root: string): BoundFolders {
  const { namespace = '', labels } = run.metadata;
  const owner = labels?.[LABELS.pipelineRun] ?? '';
  const folders = new Map<string, string>();
  for (const [index, binding] of taskRunSpec(run).workspaces.entries()) {
    const at = `spec.workspaces[${index}]`;
    const isClaim = binding.claim !== '';
    const folder = isClaim ? volumeFolder(root, namespace, owner, binding.claim) : join(places.workspace, binding.name);
    if (isClaim && !(isName(binding.claim) && owner !== '' && existsSync(folder))) {
      const message = `${at}.persistentVolumeClaim ${binding.claim} is not supported on the laptop, which has no volumes; use emptyDir, or volumeClaimTemplate for what the tasks of a PipelineRun share`;
      return { kind: 'refused', message };
    }
    const inside = pathInside(folder, binding.subPath);
    if (inside === undefined)
      return { kind: 'refused', message: `${at}.subPath ${binding.subPath} leads out of the workspace; correct it` };
    folders.set(binding.name, inside);
  }
  return { kind: 'folders', folders };
}

/** A name of Kubernetes', which no path can be made of. */
function isName(text: string): boolean {
  return /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(text) && !text.includes('..');
}
