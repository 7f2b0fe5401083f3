import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Client } from '@cartographer/kube';
import { type Clock, parseJson } from '@cartographer/machinery';

/** One request in the server's audit log, when it was answered; a watch appears when it begins and when it ends. */
export type AuditEntry = {
  readonly stage: 'ResponseStarted' | 'ResponseComplete' | 'Panic';
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`. An apply is a `patch`. */
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string };
  readonly impersonatedUser?: { readonly username: string };
  readonly userAgent?: string;
  readonly objectRef?: {
    readonly resource: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly apiGroup?: string;
  };
  readonly responseStatus?: { readonly code: number };
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
};

/** A place in the log: what follows came later. */
export type AuditMark = { readonly byte: number };

/** What the server says about who asked what. */
export interface AuditLog {
  /** The place after every request that has been answered by now. */
  mark(): Promise<AuditMark>;
  /** The requests that were answered after the mark and up to now. */
  since(mark: AuditMark): Promise<readonly AuditEntry[]>;
}

const POLL_MS = 20;
const TIMEOUT_MS = 30_000;

/** Reads the audit log of a server; `client` asks it for a marker, since the log is written a little later. */
export function createAuditLog(file: string, client: Client, clock: Clock): AuditLog {
  /** Resolves with the length of the log up to a request that is made now. */
  async function caughtUp(): Promise<number> {
    const marker = `audit-marker-${randomUUID()}`;
    const from = sizeOf(file);
    await client.raw({ method: 'GET', path: '/version', query: { marker } });
    const deadline = clock.now() + TIMEOUT_MS;
    while (clock.now() < deadline) {
      const text = read(file, from);
      const at = text.indexOf(marker);
      const end = at < 0 ? -1 : text.indexOf('\n', at);
      if (end >= 0) return from + Buffer.byteLength(text.slice(0, end + 1));
      await clock.sleep(POLL_MS);
    }
    throw new Error(`${file} did not get to the end of what was asked`);
  }
  return {
    mark: async () => ({ byte: await caughtUp() }),
    async since({ byte }) {
      const end = await caughtUp();
      return read(file, byte, end)
        .split('\n')
        .filter((line) => line !== '' && !line.includes('?marker=audit-marker-'))
        .map((line) => parseJson(line) as AuditEntry);
    },
  };
}

const WRITES = ['create', 'update', 'patch', 'delete', 'deletecollection'];

/** Whether a request was a write that the server carried out: dry runs, reviews and token requests store nothing. */
export function isAuditedWrite({ verb, objectRef, requestURI, responseStatus }: AuditEntry): boolean {
  const stores = objectRef?.subresource !== 'token' && !(objectRef?.resource ?? '').endsWith('reviews');
  const { code = 500 } = responseStatus ?? {};
  return WRITES.includes(verb) && stores && !requestURI.includes('dryRun=All') && code < 300;
}

function sizeOf(file: string): number {
  if (!existsSync(file)) return 0;
  const fd = openSync(file, 'r');
  try {
    return fstatSync(fd).size;
  } finally {
    closeSync(fd);
  }
}

function read(file: string, from: number, to = sizeOf(file)): string {
  const buffer = Buffer.alloc(Math.max(0, to - from));
  if (buffer.length === 0) return '';
  const fd = openSync(file, 'r');
  try {
    return buffer.toString('utf8', 0, readSync(fd, buffer, 0, buffer.length, from));
  } finally {
    closeSync(fd);
  }
}
