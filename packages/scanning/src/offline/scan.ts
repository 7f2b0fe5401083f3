import { readFile, stat } from 'node:fs/promises';
import { BILL_LIMITS, type Bill, BillError, readBill } from '@cartographer/bills';
import { CartoError, messageOf } from '@cartographer/machinery';
import { AdvisoryIndex } from '../advisories/advisory-index.ts';
import { type TrustedKeys, trustedKeys } from '../inventory/attached/signatures.ts';
import { readSource } from '../inventory/read-source.ts';
import type { ScanPolicy } from '../kinds/read.ts';
import { findings, lookedUp } from '../match/findings.ts';
import { download, type Fetch, isUrl } from '../sources/download.ts';
import { type Loaded, loadAdvisories, loadDownloaded } from './advisory-files.ts';
import { type ImageOptions, type ImageRead, readImage } from './image-input.ts';
import { type Report, reportOf } from './report.ts';
import { sourceFiles } from './source-folder.ts';

/** What is scanned: a bill of material, the lock files of a folder, or an image. */
export type ScanInput = { readonly sbom: string } | { readonly folder: string } | { readonly image: string };

/** What a scan needs of the world. */
export type ScanOptions = Omit<ImageOptions, 'signal' | 'trust' | 'findings'> & {
  /** Whose bills and findings that are attached to an image count. */
  readonly policy?: ScanPolicy;
  /** A folder, an archive, or the URL of an archive. */
  readonly advisories: string;
  readonly fetch: Fetch;
  readonly signal: AbortSignal;
  /** Told of what takes time. */
  readonly say: (line: string) => void;
};

/** So many records take a second or more. */
const PROGRESS_EVERY = 25_000;

/**
 * Scans without a server: bill, advisories, findings. Bill and report belong together.
 * @throws CartoError `CARTO_SCAN_INPUT` or `CARTO_ADVISORIES` when one of the two cannot be read at all.
 */
export async function scan(input: ScanInput, options: ScanOptions): Promise<{ bill: Bill; report: Report }> {
  const { bill, findings: attached } = await readInput(input, options);
  const index = new AdvisoryIndex(lookedUp(bill.packages));
  const loaded = await load(index, options);
  if (index.size === 0) {
    const why = loaded.unreadCount > 0 ? `none of its ${loaded.unreadCount} files can be read` : 'has no OSV records';
    const first = loaded.unread[0] === undefined ? '' : `: ${loaded.unread[0].what} ${loaded.unread[0].why}`;
    throw new CartoError('CARTO_ADVISORIES', `advisories ${options.advisories}: ${why}${first}`);
  }
  const scanned = Object.values(input)[0] ?? '';
  return { bill, report: reportOf(scanned, bill, findings(bill.packages, index), loaded, attached) };
}

async function readInput(input: ScanInput, { policy, ...options }: ScanOptions): Promise<ImageRead> {
  if ('image' in input) {
    options.say(`reading the layers of ${input.image}`);
    return await readImage(input.image, { ...options, ...trustOf(policy) });
  }
  const path = 'sbom' in input ? input.sbom : input.folder;
  try {
    return { bill: await ('sbom' in input ? readBillAt(path) : readFolder(path)) };
  } catch (error) {
    if (error instanceof BillError) throw unreadable(path, error.message, error);
    if (error instanceof Error && 'syscall' in error)
      throw unreadable(path, `cannot be read: ${messageOf(error)}`, error);
    throw error;
  }
}

/** Keys as the scanner of a cluster reads them of its policies. */
function trustOf(policy: ScanPolicy | undefined): Pick<ImageOptions, 'trust' | 'findings'> {
  if (policy === undefined || !('spec' in policy)) return {};
  const { inventory, findings: asked } = policy.spec;
  const keysOf = (pems: readonly string[]): TrustedKeys => trustedKeys(`ClusterScanPolicy ${policy.name}`, pems);
  return {
    ...(inventory?.trust === undefined || inventory.trust.length === 0 ? {} : { trust: [keysOf(inventory.trust)] }),
    ...(asked === undefined ? {} : { findings: { trust: [keysOf(asked.trust)] } }),
  };
}

async function readFolder(path: string): Promise<Bill> {
  if (!(await stat(path)).isDirectory()) throw unreadable(path, 'is no folder; name a bill by --sbom');
  return await readSource(sourceFiles(path));
}

async function readBillAt(path: string): Promise<Bill> {
  const stats = await stat(path);
  if (!stats.isFile()) throw unreadable(path, 'is no file; name a folder without --sbom');
  if (stats.size > BILL_LIMITS.length) throw unreadable(path, `is larger than ${BILL_LIMITS.length} bytes`);
  return readBill(await readFile(path));
}

async function load(index: AdvisoryIndex, { advisories, fetch, clock, signal, say }: ScanOptions): Promise<Loaded> {
  const loaded: Loaded = { records: 0, withdrawn: 0, unreadCount: 0, unread: [] };
  const onRecord = (records: number): void => {
    if (records % PROGRESS_EVERY === 0) say(`${records} advisories read`);
  };
  const options = { index, loaded, onRecord, signal };
  if (!isUrl(advisories)) {
    await loadAdvisories(advisories, options);
    return loaded;
  }
  say(`downloading advisories from ${new URL(advisories).host}`);
  await using file = await download(advisories, { fetch, clock, signal });
  await loadDownloaded(file.bytes, advisories, options);
  return loaded;
}

function unreadable(path: string, why: string, cause?: unknown): CartoError {
  return new CartoError('CARTO_SCAN_INPUT', `${path} ${why}`, { cause });
}
