import { VERSION as API_VERSION } from '@cartographer/api';
import { type Condition, findCondition, type KubeObject, listAt } from '@cartographer/machinery';
import type { Session } from '../../frame/session.ts';
import { some } from '../../read/some.ts';
import { VERSION } from '../../running/version.ts';
import { ageSince } from '../../screen/ages.ts';
import { type DefinitionDifference, definitionDifference } from '../definition-difference.ts';
import { type CheckReport, type Finding, finding, reportOf } from '../report.ts';
import { type DefinitionPair, type FoundPart, isThere } from '../site.ts';

/** Whether none of our kinds is there: then there is nothing else to look at. */
export function isNothingInstalled([controller]: readonly FoundPart[]): boolean {
  return controller !== undefined && !isThere(controller);
}

/** Holds the definitions on the server against those of this program. */
export function checkDefinitions({ clock, target }: Session, parts: readonly FoundPart[]): CheckReport {
  if (isNothingInstalled(parts)) {
    const message = `no kind of Cartographer is in ${target.text}`;
    return reportOf('definitions', { says: 'none', findings: [finding('NotInstalled', message)] });
  }
  const there = parts.filter(isThere);
  const pairs = there.flatMap((part) => (part.pairs.kind === 'seen' ? part.pairs.value : []));
  const findings = pairs.flatMap((pair) => findingOf(pair, clock.now()) ?? []);
  const notLooked = there.flatMap(({ name, pairs: looked }) =>
    looked.kind === 'unseen' ? [`definitions of the ${name}: ${looked.why}`] : [],
  );
  const good = pairs.length - findings.length;
  const says = `${good} of ${pairs.length} definitions as carto ${VERSION} has them`;
  return reportOf('definitions', { says, findings, notLooked });
}

function findingOf({ ours, live }: DefinitionPair, nowMs: number): Finding | undefined {
  const name = ours.metadata.name ?? '';
  if (live === undefined) return finding('DefinitionMissing', `there is no definition ${name}`);
  const why = whyNotServed(live);
  if (why !== undefined) return finding('DefinitionNotServed', `${name} is not served: ${why}`);
  const difference = definitionDifference(ours, live);
  if (difference === undefined) return undefined;
  const { kind, writer, writtenAt } = difference;
  const age = ageSince(writtenAt, nowMs);
  const by = writer === '' ? '' : `; last written by "${writer}"${age === '' ? '' : ` ${age} ago`}`;
  const reason = { older: 'DefinitionOlder', newer: 'DefinitionNewer', changed: 'DefinitionChanged' } as const;
  return finding(reason[kind], `${name}: ${differenceText(difference)}${by}`);
}

function whyNotServed(live: KubeObject): string | undefined {
  const versions = listAt(live, 'spec', 'versions') as readonly { readonly name?: string; readonly served?: boolean }[];
  if (!versions.some(({ name, served }) => name === API_VERSION && served === true)) return `no version ${API_VERSION}`;
  const conditions = listAt(live, 'status', 'conditions') as readonly unknown[] as readonly Condition[];
  const names = findCondition(conditions, 'NamesAccepted');
  if (names?.status === 'False') return names.message;
  const established = findCondition(conditions, 'Established');
  return established?.status === 'True' ? undefined : (established?.message ?? 'the server has not taken it up');
}

function differenceText({ kind, lacks, has }: DefinitionDifference): string {
  const lines = [
    ...(lacks.length === 0 ? [] : [`it lacks ${some(lacks)}`]),
    ...(has.length === 0 ? [] : [`it has ${some(has)}, which this carto does not know`]),
  ];
  if (lines.length > 0) return lines.join(', and ');
  return kind === 'changed' ? 'it differs in texts, rules or columns' : 'its texts, rules or columns are others';
}
