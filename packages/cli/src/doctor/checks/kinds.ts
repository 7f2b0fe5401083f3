import { allEnded, type KubeObject } from '@cartographer/machinery';
import { counted, some } from '../../read/some.ts';
import { type StampedKind, stampedKind } from '../../read/templates.ts';
import type { Looked } from '../look.ts';
import { type CheckReport, type Finding, finding, reportOf } from '../report.ts';
import type { ServedKind } from '../served-kinds.ts';

/** Looks whether the server has the kinds that templates stamp. */
export async function checkKinds(
  templates: readonly Looked<readonly KubeObject[]>[],
  servedKind: (kind: StampedKind) => Promise<Looked<ServedKind>>,
): Promise<CheckReport> {
  const found = templates.flatMap((looked) => (looked.kind === 'seen' ? looked.value : []));
  const stamped = found.flatMap((template) => {
    const kind = stampedKind(template);
    return kind === undefined ? [] : [{ kind, by: `${template.kind} ${template.metadata.name ?? ''}` }];
  });
  const byKind = [...Map.groupBy(stamped, ({ kind }) => `${kind.apiVersion} ${kind.kind}`).values()];
  const findings: Finding[] = [];
  const notLooked = templates.flatMap((looked) => (looked.kind === 'unseen' ? [`templates: ${looked.why}`] : []));
  await allEnded(
    byKind.map(async (uses) => {
      const [{ kind } = { kind: { apiVersion: '', kind: '' } }] = uses;
      const name = `${kind.kind} of ${kind.apiVersion}`;
      const by = some(uses.map((use) => use.by));
      const looked = await servedKind(kind);
      if (looked.kind === 'unseen') notLooked.push(`${name}: ${looked.why}`);
      else if (looked.value.kind !== 'served') findings.push(notServed(name, by, looked.value));
    }),
  );
  const open = found.length - stamped.length;
  const says = `${counted(byKind.length, 'kind')} of ${counted(found.length, 'template')}${open === 0 ? '' : `; of ${open} it is decided when they stamp`}`;
  return reportOf('kinds', { says, findings: findings.toSorted(byMessage), notLooked: [...new Set(notLooked)] });
}

function notServed(name: string, by: string, served: Exclude<ServedKind, { kind: 'served' }>): Finding {
  if (served.kind === 'unknown') return finding('KindNotServed', `${name} is not known here; ${by} stamps it`);
  const message = `${name} is not known here, but at ${served.apiVersion}; ${by} stamps it`;
  const next = `have the template say ${served.apiVersion}, or upgrade the tool that brings the kind`;
  return finding('KindNotServed', message, { move: 'platform', next });
}

function byMessage(left: Finding, right: Finding): number {
  return left.message < right.message ? -1 : 1;
}
