import type { Unread } from '@cartographer/bills';
import type { AttachedSource, Carrier, Descriptor, Opened } from '@cartographer/oci';
import type { AttachedFinding } from '../../match/attached-findings.ts';
import { findingsIn } from './findings-in.ts';
import { keyId, type TrustedKeys } from './signatures.ts';
import { signersOf } from './signers.ts';

/** Whose findings count, and which documents need not be read again. */
export type FindingsTrust = {
  /** The keys of each policy that names some. */
  readonly trust: readonly TrustedKeys[];
  /** Digests of documents that are known already. */
  readonly known?: ReadonlySet<string>;
};

/** Something of signed findings that could not be read: by whom, unless nobody can know that. */
export type UnreadFindings = Unread & { readonly signedBy?: readonly string[] };

/** What scanners of the operator attached to an image. */
export type AttachedFindings = {
  /** Ids of keys that signed findings that were read, be they none. */
  readonly heard: readonly string[];
  readonly findings: readonly AttachedFinding[];
  /** Digests of documents that say the same whenever they are read, and were read whole. */
  readonly known: readonly string[];
  readonly unread: readonly UnreadFindings[];
  /** What is attached and counts for nothing, since no policy believes it. */
  readonly ignored: readonly Unread[];
};

/** A layer of what is attached, and what became of reading it. */
export type AttachedLayer = {
  readonly what: string;
  readonly layer: Descriptor;
  /** Undefined where it could not be read, which `troubles` say. */
  readonly opened: Opened | undefined;
  readonly troubles: readonly Unread[];
};

const UNTRUSTED = 'is not signed by a key that a policy trusts for findings';

/** Takes findings out of what is attached, document by document. Those that nobody signed whom a policy trusts count for nothing. */
export class FindingsTaken {
  readonly #trust: FindingsTrust;
  readonly #heard = new Set<string>();
  readonly #findings: AttachedFinding[] = [];
  readonly #known: string[] = [];
  readonly #unread: UnreadFindings[];
  readonly #ignored: Unread[] = [];

  constructor(trust: FindingsTrust, notFound: readonly Unread[]) {
    this.#trust = trust;
    const wrong = trust.trust.flatMap(({ owner, wrong: each }) => each.map((why) => ({ what: owner, why })));
    this.#unread = [...notFound, ...wrong];
  }

  isKnown(digest: string): boolean {
    return this.#trust.known?.has(digest) === true;
  }

  /** What was not looked at may be signed by whomever: it is as good as missing. */
  leaveUnread(what: Unread): void {
    this.#unread.push(what);
  }

  /** Takes a layer; answers whether it is findings that count. */
  async take(
    {
      source,
      digest,
      signal,
    }: { readonly source: AttachedSource; readonly digest: string; readonly signal: AbortSignal },
    carrier: Carrier,
    { what, layer, opened, troubles }: AttachedLayer,
  ): Promise<boolean> {
    const read = lookedAt(opened, layer, troubles);
    if (read.kind === 'none') {
      if (opened !== undefined) this.#known.push(layer.digest);
      return false;
    }
    const ignore = (why: string): false => {
      this.#ignored.push({ what, why });
      return false;
    };
    if (opened?.kind === 'document' && opened.about?.includes(digest) === false)
      return ignore('is about another image');
    const keys = this.#trust.trust.flatMap((each) => each.keys);
    const isEnough = (signers: ReadonlySet<unknown>): boolean => signers.size > 0;
    const search = { source, digest, keys, isEnough, signal, unread: this.#unread };
    const signedBy = [...new Set([...(await signersOf(search, carrier, opened))].map(keyId))].toSorted();
    if (signedBy.length === 0) return ignore(read.kind === 'broken' ? `${UNTRUSTED}, and ${read.why}` : UNTRUSTED);
    if (read.kind === 'broken') {
      this.#unread.push({ what, why: read.why, signedBy });
      return true;
    }
    for (const id of signedBy) this.#heard.add(id);
    for (const finding of read.findings) this.#findings.push({ finding, signedBy });
    for (const { what: where, why } of read.unread) this.#unread.push({ what: `${what}: ${where}`, why, signedBy });
    if (read.unread.length === 0) this.#known.push(layer.digest);
    return true;
  }

  get read(): AttachedFindings {
    return {
      heard: [...this.#heard].toSorted(),
      findings: this.#findings,
      known: this.#known,
      unread: this.#unread,
      ignored: this.#ignored,
    };
  }
}

function lookedAt(
  opened: Opened | undefined,
  { mediaType }: Descriptor,
  troubles: readonly Unread[],
): ReturnType<typeof findingsIn> {
  const [trouble] = troubles;
  // What is gone from a registry is attached to nothing; what else cannot be read may be anything.
  if (opened === undefined) return trouble === undefined ? { kind: 'none' } : { kind: 'broken', why: trouble.why };
  switch (opened.kind) {
    case 'none':
      return opened;
    case 'broken':
      return { kind: 'broken', why: opened.why };
    case 'document':
      return findingsIn(opened, mediaType);
  }
}
