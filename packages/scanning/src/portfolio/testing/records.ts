import type { Bill, BillPackage } from '@cartographer/bills';
import type { Advisory } from '../../advisories/advisory.ts';
import type { SourceChange } from '../change.ts';
import type { RecordChange } from '../kept-advisories.ts';

/** A package of npm. */
export function npm(name: string, version: string): BillPackage {
  return { name, version, purl: `pkg:npm/${name}@${version}`, ecosystem: 'npm' };
}

/** A bill that is whole. */
export function bill(...packages: readonly BillPackage[]): Bill {
  return { packages, unread: [] };
}

/** A record that affects packages of npm below a version. */
export function record(id: string, affected: Readonly<Record<string, string>>, over: Partial<Advisory> = {}): Advisory {
  return {
    id,
    aliases: [],
    upstream: [],
    summary: '',
    severity: [],
    affected: Object.entries(affected).map(([name, fixed]) => ({
      ecosystem: 'npm',
      name,
      versions: [],
      ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed }] }],
      severity: [],
    })),
    ...over,
  };
}

/** The change by which a source has a record. */
export function put(advisory: Advisory): Extract<RecordChange, { kind: 'put' }> {
  return { kind: 'put', digest: JSON.stringify(advisory), advisory };
}

/** The change by which a source has it no more. */
export function gone(id: string): RecordChange {
  return { kind: 'gone', id };
}

/** A change of a source from what is given. */
// oxlint-disable-next-line typescript/require-await -- a source is read asynchronously; this one is there
export async function* change(revision: string, ...changes: readonly RecordChange[]): SourceChange {
  yield* changes;
  return revision;
}
