import { readFile } from 'node:fs/promises';
import type { Bill } from '@cartographer/bills';
import { CartoError, messageOf } from '@cartographer/machinery';
import type { ScanPolicy } from '../kinds/read.ts';
import { readPolicy } from '../verdict/read-policy.ts';
import { type Verdict, verdict } from '../verdict/verdict.ts';
import type { Report } from './report.ts';
import type { ScanInput } from './scan.ts';

/** What a policy says of a report, as `-o json` prints it. */
export type Judgement = Pick<Verdict, 'result' | 'reason' | 'message' | 'policies'>;

/**
 * Reads the file of a ClusterScanPolicy.
 * @throws CartoError `CARTO_SCAN_INPUT` when it cannot be read or is no such policy.
 */
export async function readPolicyFile(path: string): Promise<ScanPolicy> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new CartoError('CARTO_SCAN_INPUT', `policy ${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  const read = readPolicy(text);
  if (read.kind === 'read') return read.value;
  throw new CartoError('CARTO_SCAN_INPUT', `policy ${path} ${read.errors.join('; ')}`);
}

/**
 * Judges by one policy, whichever namespaces it selects, and without exceptions. The advisories are as fresh as this
 * moment, since nobody knows better.
 */
export function judge(policy: ScanPolicy, { bill, report, input, nowMs }: Judged): Judgement {
  const now = new Date(nowMs).toISOString();
  const { result, reason, message, policies } = verdict(
    report.findings,
    [policy],
    [],
    {
      kind: 'image' in input ? 'ImageScan' : 'SourceScan',
      namespace: '',
      namespaceLabels: {},
      policy: policy.name,
      repository: '',
      digest: '',
      inventory: {
        kind: 'read',
        digest: '',
        packages: report.packages,
        from: [],
        platforms: [],
        unread: bill.unread,
        uncovered: report.uncovered,
        ...(report.attached === undefined ? {} : { attached: report.attached }),
      },
      sources: [{ name: 'advisories', matched: true, fetched: now }],
    },
    nowMs,
  );
  return { result, reason, message, policies };
}

type Judged = { readonly bill: Bill; readonly report: Report; readonly input: ScanInput; readonly nowMs: number };
