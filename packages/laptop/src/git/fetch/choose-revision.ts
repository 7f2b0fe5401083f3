import type { SemVer } from 'semver';
import type { GitReference } from '../kind/git-repository.ts';
import { commitOf, hashDigest, type RemoteRef } from './remote-refs.ts';
import { parseVersionRange, type VersionRange, versionOfTag } from './version-range.ts';

/** A commit that a remote's refs name, and how the revision is spelled. */
export type Candidate = {
  /** The ref to fetch. */
  readonly ref: string;
  readonly commit: string;
  /** `main@sha1:…`, the value of `status.artifact.revision`. */
  readonly revision: string;
};

/** What to take from a remote repository, or why nothing can be taken. Messages are Flux's. */
export type Choice =
  | { readonly kind: 'candidate'; readonly candidate: Candidate }
  /** Tags whose versions differ in build metadata only: the youngest commit wins, which takes a look at the commits. */
  | { readonly kind: 'tied'; readonly candidates: readonly Candidate[] }
  /** A commit by hash: whether it exists shows when it is fetched. `branch` must hold it, if given. */
  | { readonly kind: 'commit'; readonly commit: string; readonly branch?: Candidate; readonly revision: string }
  | { readonly kind: 'empty' }
  | { readonly kind: 'refused'; readonly message: string };

const DEFAULT_BRANCH = 'master';
const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** Refuses references that are wrong whatever the remote holds, so that no connection is made for them. */
export function checkReference(reference: GitReference): string | undefined {
  if (reference.commit !== undefined) {
    const isHash = COMMIT.test(reference.commit);
    return isHash ? undefined : `unable to resolve commit object for '${reference.commit}': object not found`;
  }
  if (reference.name !== undefined) {
    const isSlashed = reference.name.startsWith('/') || reference.name.endsWith('/');
    return isSlashed ? `ref ${reference.name} is invalid; Git refs cannot begin or end with a slash '/'` : undefined;
  }
  if (reference.tag !== undefined || reference.semver === undefined) return undefined;
  const parsed = parseVersionRange(reference.semver);
  return parsed.kind === 'invalid' ? `semver parse error: ${parsed.message}` : undefined;
}

/** Which refs have to be listed for a reference: a hosting service keeps two for each pull request besides. */
export function refsToList(reference: GitReference): 'heads' | 'tags' | 'all' {
  if (reference.commit !== undefined) return 'heads';
  if (reference.name !== undefined) return 'all';
  return reference.tag !== undefined || reference.semver !== undefined ? 'tags' : 'heads';
}

/**
 * Picks the revision that `spec.ref` asks for among the refs of a remote. The order of precedence
 * is that of Flux's code: commit, name, tag, semver, branch.
 *
 * @param urlText the repository as messages name it.
 */
export function chooseRevision(reference: GitReference, refs: readonly RemoteRef[], urlText: string): Choice {
  if (reference.commit !== undefined) return chooseCommit(reference, reference.commit, refs, urlText);
  if (reference.name !== undefined) return chooseName(reference.name, refs);
  if (reference.tag !== undefined) return chooseRef(`refs/tags/${reference.tag}`, reference.tag, refs, urlText);
  if (reference.semver !== undefined) return chooseVersion(reference.semver, refs, urlText);
  const branch = reference.branch ?? DEFAULT_BRANCH;
  if (refs.length === 0) return { kind: 'empty' };
  return chooseRef(`refs/heads/${branch}`, branch, refs, urlText);
}

function chooseRef(name: string, label: string, refs: readonly RemoteRef[], urlText: string): Choice {
  if (refs.length === 0) return emptyRemote(urlText);
  const ref = refs.find((candidate) => candidate.name === name);
  if (ref === undefined) {
    return { kind: 'refused', message: `unable to clone '${urlText}': couldn't find remote ref "${name}"` };
  }
  return { kind: 'candidate', candidate: candidateOf(ref, label) };
}

function chooseName(name: string, refs: readonly RemoteRef[]): Choice {
  // `refs/tags/v1^{}` is the commit of a tag; an annotated tag is followed to its commit anyway.
  const plain = name.endsWith('^{}') ? name.slice(0, -3) : name;
  const ref = refs.find((candidate) => candidate.name === plain);
  if (ref === undefined) return { kind: 'refused', message: `unable to resolve ref '${name}' to a specific commit` };
  return { kind: 'candidate', candidate: candidateOf(ref, name) };
}

function chooseVersion(semver: string, refs: readonly RemoteRef[], urlText: string): Choice {
  const parsed = parseVersionRange(semver);
  if (parsed.kind === 'invalid') return { kind: 'refused', message: `semver parse error: ${parsed.message}` };
  if (refs.length === 0) return emptyRemote(urlText);
  const candidates = highestVersions(parsed.range, refs);
  const [only] = candidates;
  if (only === undefined) return { kind: 'refused', message: `no match found for semver: ${semver}` };
  return candidates.length === 1 ? { kind: 'candidate', candidate: only } : { kind: 'tied', candidates };
}

function highestVersions(range: VersionRange, refs: readonly RemoteRef[]): readonly Candidate[] {
  let highest: SemVer | undefined;
  let candidates: Candidate[] = [];
  for (const ref of refs) {
    if (!ref.name.startsWith('refs/tags/')) continue;
    const tag = ref.name.slice('refs/tags/'.length);
    const version = versionOfTag(tag);
    if (version === undefined || !range.admits(version)) continue;
    const order = highest === undefined ? 1 : version.compare(highest);
    if (order > 0) {
      highest = version;
      candidates = [];
    }
    if (order >= 0) candidates.push(candidateOf(ref, tag));
  }
  return candidates;
}

function chooseCommit(reference: GitReference, commit: string, refs: readonly RemoteRef[], urlText: string): Choice {
  const refused = checkReference(reference);
  if (refused !== undefined) return { kind: 'refused', message: refused };
  const label = reference.name ?? reference.branch;
  const revision = label === undefined ? hashDigest(commit) : `${label}@${hashDigest(commit)}`;
  if (refs.length === 0) return emptyRemote(urlText);
  if (reference.branch === undefined) return { kind: 'commit', commit, revision };
  const branch = chooseRef(`refs/heads/${reference.branch}`, reference.branch, refs, urlText);
  return branch.kind === 'candidate' ? { kind: 'commit', commit, branch: branch.candidate, revision } : branch;
}

function candidateOf(ref: RemoteRef, label: string): Candidate {
  const commit = commitOf(ref);
  return { ref: ref.name, commit, revision: `${label}@${hashDigest(commit)}` };
}

function emptyRemote(urlText: string): Choice {
  return { kind: 'refused', message: `unable to clone: remote repository is empty: git repository: '${urlText}'` };
}
