import { CartoError, stringifyJson } from '@cartographer/machinery';
import { gateOf, type ScanStatus, sarifRuns, scanningKinds, whyOpen } from '@cartographer/scanning';
import { EXIT } from '../frame/exit-codes.ts';
import type { TargetFlags } from '../frame/flags.ts';
import { ownerText, parseOwner } from '../frame/owner-name.ts';
import { runSession, type Session } from '../frame/session.ts';
import type { Surroundings } from '../frame/surroundings.ts';
import { VERSION } from '../running/version.ts';
import { printValue } from '../screen/print-objects.ts';
import type { Scanner } from './ask-scanner.ts';
import { scanLines } from './findings-screen.ts';
import type { ScanFindings, ShownFinding } from './scan-findings.ts';
import { type OwnedScan, scansOf } from './scans-of.ts';
import { artifactText, shownFindings } from './status-findings.ts';
import { withScanner } from './with-scanner.ts';

/** Flags of `carto findings`. */
export type FindingsFlags = TargetFlags & {
  readonly all?: boolean;
  readonly fixable?: boolean;
  readonly output?: 'json' | 'yaml' | 'sarif';
};

/** `carto findings`: what the current scans of an owner found, and what each finding does at the gate. */
export async function runFindings(text: string, flags: FindingsFlags, surroundings: Surroundings): Promise<void> {
  const owner = parseOwner(text);
  await runSession(surroundings, flags, { writes: false }, async (session) => {
    const scans = await scansOf(session, owner);
    if (scans.length === 0) {
      const what = ownerText(owner, session.namespace);
      throw new CartoError(
        'CARTO_NOTHING',
        `${what} has no scans: its blueprint has no step for one, or did not get there yet`,
      );
    }
    const found = await withScanner(session, surroundings, flags.as, {
      ask: (scanner) => Promise.all(scans.map((each) => asked(scanner, each))),
      look: () => Promise.resolve(scans.map(seen)),
    });
    const chosen = flags.fixable === true ? found.map(fixableOf) : found;
    show(session, chosen, flags);
    session.terminal.exitCode = exitOf(found);
  });
}

/** A refused scan is a no; one that is not done, or not sure, is no yes. */
export function exitOf(found: readonly Pick<ScanFindings, 'verdict' | 'open'>[]): number {
  if (found.some(({ verdict }) => verdict === 'Refused')) return EXIT.no;
  return found.some(({ verdict, open }) => verdict === 'Unknown' || open !== undefined) ? EXIT.failed : EXIT.done;
}

async function asked(scanner: Scanner, owned: OwnedScan): Promise<ScanFindings> {
  const { metadata } = owned.scan;
  const kind = owned.scan.kind === 'SourceScan' ? scanningKinds.SourceScan : scanningKinds.ImageScan;
  const status = (owned.scan['status'] ?? {}) as ScanStatus;
  // Nothing was read yet: the scan itself says why.
  if (status.inventory?.digest === undefined) return { ...base(owned), told: 'scanner', findings: [], count: 0 };
  const path = `/namespaces/${metadata.namespace}/${kind.resource}/${metadata.name}/findings`;
  const { items } = await scanner.ask('findings', path);
  return { ...base(owned), told: 'scanner', findings: items, count: items.length };
}

function seen(owned: OwnedScan): ScanFindings {
  const { counts } = (owned.scan['status'] ?? {}) as ScanStatus;
  const { critical = 0, high = 0, medium = 0, low = 0, unknown = 0, excepted = 0 } = counts ?? {};
  const findings = shownFindings(owned.scan).map(({ exception, policy, ...rest }): ShownFinding => {
    if (exception !== undefined) return { ...rest, outcome: 'excepted', exception };
    return policy === undefined ? rest : { ...rest, policy };
  });
  return { ...base(owned), told: 'statuses', findings, count: critical + high + medium + low + unknown + excepted };
}

function base({ step, scan }: OwnedScan): Omit<ScanFindings, 'told' | 'findings' | 'count'> {
  const { namespace = '', name = '' } = scan.metadata;
  const { artifact } = (scan['status'] ?? {}) as ScanStatus;
  const { verdict, message } = gateOf(scan, 'scanned');
  const open = whyOpen(scan);
  return {
    step,
    scan: { kind: scan.kind, namespace, name },
    artifact: artifact === undefined ? '' : artifactText(artifact),
    verdict,
    message,
    ...(open === undefined ? {} : { open }),
  };
}

function fixableOf(found: ScanFindings): ScanFindings {
  return { ...found, findings: found.findings.filter(({ fixedIn }) => fixedIn !== undefined) };
}

function show(
  { print, style, terminal }: Session,
  found: readonly ScanFindings[],
  { output, all = false, fixable = false }: FindingsFlags,
): void {
  if (output === 'sarif') {
    terminal.out(`${stringifyJson(sarifOf(found), 2)}\n`);
  } else if (output !== undefined) {
    terminal.out(printValue(JSON.parse(JSON.stringify({ scans: found })), output));
  } else {
    const look = { style, columns: terminal.columns };
    for (const each of found) print(scanLines(each, { all: all || fixable }, look));
  }
}

/** One run for each scan; what a scan does not tell makes its run fail. */
function sarifOf(found: readonly ScanFindings[]): object {
  return sarifRuns(
    found.map(({ artifact, findings, open, told }) => ({
      scanned: artifact,
      findings,
      complete: open === undefined && told === 'scanner',
      unread: open === undefined ? [] : [{ what: artifact, why: open }],
      uncovered: [],
      advisories: { unread: [] },
    })),
    VERSION,
  );
}
