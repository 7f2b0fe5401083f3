import { nextStepOf } from '@cartographer/api';
import { type Condition, findCondition, getPath, type KubeObject, listAt } from '@cartographer/machinery';
import { type Looked } from '../look.ts';
import { type CheckReport, type Finding, finding, reportOf } from '../report.ts';

/** Looks whether blueprints are ready, as the controller says of them. */
export function checkChains(lists: Readonly<Record<string, Looked<readonly KubeObject[]>>>): CheckReport {
  const looks = Object.entries(lists);
  const chains = looks.flatMap(([, looked]) => (looked.kind === 'seen' ? looked.value : []));
  const findings = chains.flatMap((chain) => findingOf(chain) ?? []);
  const notLooked = looks.flatMap(([kind, looked]) => (looked.kind === 'unseen' ? [`${kind}: ${looked.why}`] : []));
  const says = `${chains.length - findings.length} of ${chains.length} ready`;
  return reportOf('chains', { says, findings, notLooked });
}

function findingOf(chain: KubeObject): Finding | undefined {
  const { kind, metadata, status } = chain;
  const name = `${kind} ${metadata.name ?? ''}`;
  const conditions = listAt(status, 'conditions') as readonly unknown[] as readonly Condition[];
  const ready = findCondition(conditions, 'Ready');
  const observed = getPath(status, 'observedGeneration');
  if (ready === undefined || (typeof observed === 'number' && observed < (metadata.generation ?? 0))) {
    return finding('ChainNotLookedAt', `${name} has not been looked at as it is now`);
  }
  if (ready.status === 'True') return undefined;
  const telling = conditions.find(({ type, status: is }) => type !== 'Ready' && is !== 'True') ?? ready;
  const { move, next = '' } = nextStepOf(telling);
  const known = next === '' ? {} : { move, next };
  return finding(
    'ChainNotReady',
    `${name}: ${telling.reason}${telling.message === '' ? '' : `: ${telling.message}`}`,
    known,
  );
}
