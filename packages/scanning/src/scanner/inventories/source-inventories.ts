import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { Bill } from '@cartographer/bills';
import { messageOf } from '@cartographer/machinery';
import {
  ArchiveError,
  createDestinations,
  createGuardedAgent,
  type DestinationRules,
  decompress,
  RegistryError,
  readTar,
} from '@cartographer/oci';
import { type Agent, errors, request } from 'undici';
import { isReadInSource, readSource, SOURCE_LIMITS, type SourceFile } from '../../inventory/read-source.ts';
import type { UnreadReason } from '../../kinds/reasons.ts';
import type { Portfolio } from '../../portfolio/portfolio.ts';
import type { ScanTarget } from '../scan-request.ts';
import { type Inventories, type Inventory, keptInventory, subjectOf } from './inventory.ts';

/** What {@link createSourceInventories} needs. */
export type SourceInventoryDeps = {
  readonly portfolio: Portfolio;
  /** Where archives may be fetched from, `HOST` or `HOST:PORT`; none but these. */
  readonly hosts: readonly string[];
  readonly destinations?: DestinationRules;
};

/** The archives of sources. */
export type SourceInventories = {
  readonly read: Inventories<SourceTarget>;
  close(): Promise<void>;
};

type SourceTarget = Extract<ScanTarget, { kind: 'source' }>;

/** Of an archive: 1 GiB as it comes, 8 GiB of files. */
const LIMITS = { maxCompressedBytes: 1024 ** 3, maxBytes: 8 * 1024 ** 3, maxRatio: 200 };
const FROM_FILES = { platforms: [], from: ['files'] };
const FETCH_MS = 5 * 60_000;

/** Gives the packages of sources, from the archives that their URLs name; what was read is not fetched again. */
export function createSourceInventories({ portfolio, hosts, destinations }: SourceInventoryDeps): SourceInventories {
  const rules = createDestinations(destinations);
  const agent = createGuardedAgent({ destinations: rules });

  async function fetched(target: SourceTarget, namespace: string, signal: AbortSignal): Promise<void> {
    const url = new URL(target.url);
    rules.checkUrl(url);
    const { bill, digest } = await readArchive(url, agent, AbortSignal.any([signal, AbortSignal.timeout(FETCH_MS)]));
    if (target.digest !== undefined && target.digest !== digest) {
      throw new SourceFailure(
        'SourceDigestMismatch',
        `the archive at ${url.host} has digest ${digest}, not ${target.digest}`,
      );
    }
    // A status names what passed without the digest of its archive.
    const { url: address, revision } = target;
    for (const each of [{ kind: 'source', url: address, revision } as const, target]) {
      await portfolio.putBill({ ...subjectOf(each, { namespace }), said: FROM_FILES }, bill);
    }
  }

  return {
    async read(target, { namespace, signal }) {
      const kept = await keptInventory(portfolio, target, { namespace });
      if (kept !== undefined) return kept;
      const why = notAllowed(target.url, hosts);
      if (why !== undefined) return { kind: 'failed', reason: 'SourceHostNotAllowed', message: why };
      try {
        await fetched(target, namespace, signal);
      } catch (error) {
        signal.throwIfAborted();
        return failureOf(error, new URL(target.url).host);
      }
      return (await keptInventory(portfolio, target, { namespace })) ?? missing;
    },
    close: () => agent.destroy(),
  };
}

const missing: Inventory = { kind: 'failed', reason: 'StoreEmptied', message: 'what was read is not in the store' };

class SourceFailure extends Error {
  readonly reason: UnreadReason;
  constructor(reason: UnreadReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

function notAllowed(url: string, hosts: readonly string[]): string | undefined {
  if (!URL.canParse(url)) return 'the address of the archive is no URL';
  const { host, hostname } = new URL(url);
  return hosts.includes(host) || hosts.includes(hostname)
    ? undefined
    : `archives are not fetched from ${host}: name it in --source-hosts of the scanner, if it is to be`;
}

async function readArchive(url: URL, agent: Agent, signal: AbortSignal): Promise<{ bill: Bill; digest: string }> {
  // Redirects are not followed: they would lead past the list of hosts.
  const { statusCode, body } = await request(url, { dispatcher: agent, signal });
  // One that is given up says so by an event of its own, which nobody waits for.
  body.on('error', () => undefined);
  if (statusCode !== 200) {
    body.destroy();
    throw new SourceFailure('SourceUnavailable', `${url.host} answered ${statusCode} for the archive`);
  }
  const hash = createHash('sha256');
  async function* hashed(): AsyncGenerator<Buffer> {
    for await (const chunk of body) {
      hash.update(chunk as Buffer);
      yield chunk as Buffer;
    }
  }
  const bytes = decompress(hashed(), LIMITS);
  const bill = await readSource(filesOf(bytes));
  // The digest is of the whole archive, whatever a reader wanted of it.
  for await (const _rest of bytes) signal.throwIfAborted();
  return { bill, digest: `sha256:${hash.digest('hex')}` };
}

async function* filesOf(bytes: AsyncIterable<Buffer>): AsyncGenerator<SourceFile> {
  for await (const { kind, path: binary, sizeBytes, content } of readTar(bytes)) {
    if (kind !== 'file') continue;
    const path = Buffer.from(binary, 'latin1').toString('utf8');
    if (!isReadInSource(path)) yield { path, bytes: undefined };
    else yield { path, bytes: sizeBytes > SOURCE_LIMITS.fileBytes ? undefined : await whole(content) };
  }
}

async function whole(content: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of content) parts.push(part);
  return Buffer.concat(parts);
}

/** What the world is to blame for becomes an answer; what is ours is thrown. */
function failureOf(error: unknown, host: string): Inventory {
  const failed = (reason: UnreadReason, message: string): Inventory => ({ kind: 'failed', reason, message });
  if (error instanceof SourceFailure) return failed(error.reason, error.message);
  if (error instanceof ArchiveError) return failed('SourceUnreadable', `the archive of ${host}: ${error.message}`);
  const refusal = error instanceof RegistryError ? error : (error as Error).cause;
  if (refusal instanceof RegistryError) return failed('DestinationRefused', refusal.message);
  const { code = '' } = error as NodeJS.ErrnoException;
  if (error instanceof errors.UndiciError || /^E[A-Z]+$/.test(code) || (error as Error).name === 'TimeoutError') {
    return failed(
      'SourceUnavailable',
      `${host} cannot be asked for the archive: ${code === '' ? messageOf(error) : code}`,
    );
  }
  throw error;
}
