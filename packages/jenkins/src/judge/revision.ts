/** What a revision of a source says, by the names of the parameters that it is given as. */
export type RevisionParameters = {
  readonly GIT_REVISION: string;
  /** Absent where the revision has none. */
  readonly GIT_BRANCH?: string;
  readonly GIT_SHA?: string;
};

const SHA = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** Reads a revision in each way that sources have written it: `main@sha1:SHA`, `main/SHA`, `sha1:SHA`, `SHA`. */
export function revisionParameters(revision: string): RevisionParameters {
  const at = Math.max(revision.lastIndexOf('@'), revision.lastIndexOf('/'));
  const sha = revision.slice(at + 1).replace(/^sha(?:1|256):/, '');
  if (!SHA.test(sha)) return { GIT_REVISION: revision };
  const branch = revision.slice(0, Math.max(at, 0)).replace(/^refs\/heads\//, '');
  return { GIT_REVISION: revision, GIT_SHA: sha, ...(branch === '' ? {} : { GIT_BRANCH: branch }) };
}
