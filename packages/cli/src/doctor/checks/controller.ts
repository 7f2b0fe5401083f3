import { type Condition, findCondition, type KubeObject, listAt } from '@cartographer/machinery';
import { VERSION } from '../../running/version.ts';
import { type CheckReport, type Finding, finding, reportOf } from '../report.ts';
import type { Server } from '../server.ts';
import { deploymentOf, type FoundPart, isThere, readiness, releaseOf, unseenParts } from '../site.ts';

/** Looks whether what is installed runs. */
export function checkController(parts: readonly FoundPart[], server: Server, namespace: string): CheckReport {
  const there = parts.filter(isThere);
  const deployments = there.flatMap((part) => deploymentOf(part) ?? []);
  const notLooked = unseenParts(parts);
  if (deployments.length === 0 && server.isEmbedded && notLooked.length === 0) {
    return reportOf('controller', { says: INSIDE });
  }
  const findings = there.flatMap((part) => findingOf(part, namespace) ?? []);
  const says = deployments.map((deployment) => {
    const { ready, wanted } = readiness(deployment);
    return `${deployment.metadata.name}: ${ready} of ${wanted} ready`;
  });
  return reportOf('controller', { says: says.length === 0 ? 'none seen' : says.join(', '), findings, notLooked });
}

/** What is said of `carto up`, where the parts are no pods. */
export const INSIDE = 'inside carto up';

function findingOf(part: FoundPart, namespace: string): Finding | undefined {
  const deployment = deploymentOf(part);
  const { name } = part;
  if (part.live.kind === 'unseen') return undefined;
  if (deployment === undefined) {
    // A definition of a part that is gone does no harm; without the controller nothing moves.
    if (name !== 'controller') return undefined;
    return finding('ControllerMissing', `there is no Deployment ${part.deployment} in namespace ${namespace}`);
  }
  const { ready, wanted } = readiness(deployment);
  if (ready >= wanted && wanted > 0) return undefined;
  const next = `look at its pods: kubectl -n ${namespace} describe pods -l app=${part.deployment}`;
  const message = wanted === 0 ? 'it is scaled to no pods' : `${ready} of ${wanted} pods are ready${whyOf(deployment)}`;
  const then =
    wanted === 0 ? `scale it up: kubectl -n ${namespace} scale deployment ${part.deployment} --replicas 2` : next;
  return finding('ControllerNotReady', `${part.deployment}: ${message}`, { next: then });
}

function whyOf(deployment: KubeObject): string {
  const conditions = listAt(deployment, 'status', 'conditions') as readonly unknown[] as readonly Condition[];
  const telling = [findCondition(conditions, 'ReplicaFailure'), findCondition(conditions, 'Progressing')].find(
    (condition) => condition !== undefined && (condition.type === 'ReplicaFailure') === (condition.status === 'True'),
  );
  return telling === undefined ? '' : `: ${telling.message}`;
}

/** Compares the versions of what is installed with that of this program. */
export function checkVersions(parts: readonly FoundPart[], server: Server, upVersion: string | undefined): CheckReport {
  const deployments = parts.flatMap((part) => deploymentOf(part) ?? []);
  const own = `carto ${VERSION}`;
  if (deployments.length === 0) {
    const message = `carto up is of version ${upVersion ?? ''}, this carto of ${VERSION}`;
    const next = 'stop it and start it again with this carto, or use the carto of that version';
    const isOther = upVersion !== undefined && upVersion !== VERSION;
    const says = server.isEmbedded && upVersion !== undefined ? `${own}, carto up ${upVersion}` : own;
    return reportOf('versions', {
      says,
      findings: isOther ? [finding('VersionSkew', message, { next })] : [],
      notLooked: unseenParts(parts),
    });
  }
  const releases = deployments.map((deployment) => ({
    name: deployment.metadata.name ?? '',
    ...releaseOf(deployment),
  }));
  const findings = releases
    .filter(({ version }) => version !== undefined && version !== VERSION)
    .map(({ name, version, image }) =>
      finding('VersionSkew', `${name} is of version ${version} (image ${image}), this carto of ${VERSION}`),
    );
  const untold = releases
    .filter(({ version }) => version === undefined)
    .map(({ name, image }) => `the version of ${name}: neither the tag of its image ${image} nor a label tells it`);
  const notLooked = [...untold, ...unseenParts(parts)];
  const told = releases.map(({ name, version }) => `${name} ${version ?? '?'}`);
  return reportOf('versions', { says: [own, ...told].join(', '), findings, notLooked });
}
