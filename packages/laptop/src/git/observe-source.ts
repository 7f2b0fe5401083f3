import { createDeadline } from '@cartographer/kube';
import type { Clock, KubeObject } from '@cartographer/machinery';
import { rfc3339 } from '@cartographer/machinery';
import type { ArtifactStore } from '../artifact-store.ts';
import type { Standing } from '../flux/source-object.ts';
import { hideSecrets, secretsOfUrl, shownUrl } from '../redact.ts';
import { type Candidate, type Choice, checkReference, chooseRevision, refsToList } from './fetch/choose-revision.ts';
import { type GitAuth, openGitAuth, type SecretData } from './fetch/git-auth.ts';
import { GitError } from './fetch/git-error.ts';
import { type GitLocation, parseGitLocation } from './fetch/git-location.ts';
import { type CommitInfo, GitMirror, type GitRemote } from './fetch/git-mirror.ts';
import type { Git } from './fetch/git-process.ts';
import type { GitReference, GitRepositorySpec } from './kind/git-repository.ts';
import { isContentConfigObserved, type Outcome } from './kind/git-repository-status.ts';
import { listTree, type TreeEntry } from './tree/list-tree.ts';
import { selectSources, tarOfTree } from './tree/source-tree.ts';
import { listSubmodules } from './tree/submodules.ts';

/** Where an observation reads and stores. */
export type SourceDeps = {
  readonly git: Git;
  readonly artifacts: ArtifactStore;
  readonly urlOf: (artifactPath: string) => string;
  readonly clock: Clock;
  readonly mirrorFolder: string;
  readonly artifactFolder: string;
  readonly tempFolder: string;
  readonly sshProgram?: string;
};

/** Whose source, and what is already there. */
export type SourceQuestion = {
  readonly object: KubeObject;
  readonly spec: GitRepositorySpec;
  readonly secret: SecretData | undefined;
  readonly standing: Standing;
};

/**
 * Looks at a remote repository and makes the artifact of the revision it asks for, unless it is there. No message shows
 * credentials of the URL or of the secret.
 */
export async function observeSource(deps: SourceDeps, question: SourceQuestion, signal: AbortSignal): Promise<Outcome> {
  const secrets = [...secretsOfUrl(question.spec.url)];
  const outcome = await observe(deps, question, secrets, signal);
  return 'message' in outcome ? { ...outcome, message: hideSecrets(outcome.message, secrets) } : outcome;
}

async function observe(
  deps: SourceDeps,
  question: SourceQuestion,
  secrets: string[],
  signal: AbortSignal,
): Promise<Outcome> {
  const { spec, secret } = question;
  let location: GitLocation;
  try {
    location = parseGitLocation(spec.url);
  } catch (error) {
    const message = `failed to parse url '${shownUrl(spec.url)}': ${(error as Error).message}`;
    return { kind: 'stalled', reason: 'URLInvalid', message };
  }
  const expire = (): Error => new GitError('context deadline exceeded');
  const deadline = createDeadline({ clock: deps.clock, limitMs: spec.timeoutMs, parent: signal, expire });
  let auth: GitAuth | undefined;
  try {
    auth = await openGitAuth(location, secret, deps);
    secrets.push(...auth.secrets);
    return await lookAndFetch(deps, question, { location, env: auth.env, signal: deadline.signal });
  } catch (error) {
    signal.throwIfAborted();
    if (auth === undefined) {
      const message = `failed to configure authentication options: ${(error as Error).message}`;
      return { kind: 'failed', condition: 'FetchFailed', reason: 'AuthenticationFailed', message };
    }
    const timedOut = deadline.expired
      ? `unable to clone '${location.text}': context deadline exceeded after ${spec.timeoutMs / 1000}s; raise spec.timeout`
      : undefined;
    if (timedOut === undefined && !(error instanceof GitError)) throw error;
    return checkoutFailed(timedOut ?? (error as GitError).message);
  } finally {
    deadline.end();
    await auth?.close();
  }
}

async function lookAndFetch(deps: SourceDeps, question: SourceQuestion, remote: GitRemote): Promise<Outcome> {
  const { spec, standing, object } = question;
  const mirror = new GitMirror(deps.git, deps.mirrorFolder);
  const refused = checkReference(spec.ref);
  if (refused !== undefined) return checkoutFailed(refused);

  const refs = await mirror.listRefs(remote, refsToList(spec.ref), listingWords(spec.ref, standing));
  const choice = chooseRevision(spec.ref, refs, remote.location.text);
  if (choice.kind === 'refused') return checkoutFailed(choice.message);
  if (choice.kind === 'empty') {
    return {
      kind: 'failed',
      condition: 'FetchFailed',
      reason: 'EmptyGitRepository',
      message: 'git repository is empty',
    };
  }

  const known = standing.artifact;
  if (choice.kind !== 'tied' && known?.revision === revisionOf(choice) && isContentConfigObserved(object)) {
    // Flux says "up to date" where it had to look at tags or commits, "no changes" where the ref told.
    const isRef = spec.ref.commit === undefined && (spec.ref.semver === undefined || spec.ref.tag !== undefined);
    return { kind: 'stored', artifact: known, found: isRef ? 'unchanged' : 'upToDate' };
  }
  const fetched = await fetch(mirror, remote, choice);
  return pack(deps, question, mirror, fetched, remote);
}

type Fetched = { readonly revision: string; readonly info: CommitInfo };

async function fetch(
  mirror: GitMirror,
  remote: GitRemote,
  choice: Exclude<Choice, { kind: 'refused' | 'empty' }>,
): Promise<Fetched> {
  switch (choice.kind) {
    case 'candidate':
      return fetchCandidate(mirror, remote, choice.candidate);
    case 'commit':
      return { revision: choice.revision, info: await mirror.fetchCommit(remote, choice.commit, choice.branch) };
    case 'tied': {
      let youngest: Fetched | undefined;
      for (const candidate of choice.candidates) {
        const fetched = await fetchCandidate(mirror, remote, candidate);
        if (youngest === undefined || fetched.info.committedAt >= youngest.info.committedAt) youngest = fetched;
      }
      return youngest as Fetched; // a tie has at least two
    }
  }
}

/** The ref may have moved since it was listed: the revision is that of the commit which came. */
async function fetchCandidate(mirror: GitMirror, remote: GitRemote, candidate: Candidate): Promise<Fetched> {
  const info = await mirror.fetchTip(remote, candidate);
  return { revision: candidate.revision.replace(candidate.commit, info.commit), info };
}

/** Packs a commit into the store. */
async function pack(
  deps: SourceDeps,
  { object, spec, standing }: SourceQuestion,
  mirror: GitMirror,
  { revision, info }: Fetched,
  remote: GitRemote,
): Promise<Outcome> {
  const { signal } = remote;
  const known = standing.artifact;
  if (known?.revision === revision && isContentConfigObserved(object)) {
    return { kind: 'stored', artifact: known, found: 'upToDate', subject: info.subject };
  }
  const tree: readonly TreeEntry[] = spec.recurseSubmodules
    ? await listSubmodules({ git: deps.git, folder: `${deps.mirrorFolder}.submodules` }, mirror, remote, info.commit)
    : await listTree(mirror, info.commit, signal);
  const sources = await selectSources(tree, { ...spec, signal });
  const path = `${deps.artifactFolder}/${info.commit}.tar.gz`;
  try {
    const { digest, sizeBytes } = await deps.artifacts.write(path, tarOfTree(sources, signal), signal);
    const isSame = known?.path === path && known.digest === digest && known.revision === revision;
    const lastUpdateTime = isSame ? known.lastUpdateTime : rfc3339(deps.clock.now());
    const artifact = { digest, lastUpdateTime, path, revision, size: sizeBytes, url: deps.urlOf(path) };
    return { kind: 'stored', artifact, found: 'made', subject: info.subject };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof GitError) throw error;
    const message = `unable to archive artifact to storage: ${(error as Error).message}`;
    return { kind: 'failed', condition: 'StorageOperationFailed', reason: 'ArchiveOperationFailed', message, revision };
  }
}

function revisionOf(choice: Exclude<Choice, { kind: 'refused' | 'empty' | 'tied' }>): string {
  return choice.kind === 'candidate' ? choice.candidate.revision : choice.revision;
}

function checkoutFailed(text: string): Outcome & { kind: 'failed' } {
  const message = `failed to checkout and determine revision: ${text}`;
  return { kind: 'failed', condition: 'FetchFailed', reason: 'GitOperationFailed', message };
}

/** Flux lists refs by themselves where it hopes to be done with that, and its message says so. */
function listingWords(reference: GitReference, { artifact }: Standing): string {
  if (reference.commit !== undefined) return 'unable to clone';
  if (reference.name !== undefined) return 'unable to list remote for';
  const isVersion = reference.tag === undefined && reference.semver !== undefined;
  return artifact === undefined || isVersion ? 'unable to clone' : 'unable to list remote for';
}
