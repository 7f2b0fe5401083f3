import { describe, expect, it } from 'vitest';
import { correlationId } from '../once/correlation.ts';
import { artifactPath, jobPath } from '../remote/job-path.ts';
import type { RemoteBuild, RemoteJob } from '../remote/views.ts';
import { revisionParameters } from './revision.ts';
import { type Identity, type Look, sightOf } from './sight.ts';

const sha = '5f0c3b1a9d2e4f60718293a4b5c6d7e8f9012345';

describe('a revision', () => {
  it.each([
    [`main@sha1:${sha}`, { GIT_BRANCH: 'main', GIT_SHA: sha }],
    [`feature/a@sha1:${sha}`, { GIT_BRANCH: 'feature/a', GIT_SHA: sha }],
    [`main/${sha}`, { GIT_BRANCH: 'main', GIT_SHA: sha }],
    [`refs/heads/main@sha1:${sha}`, { GIT_BRANCH: 'main', GIT_SHA: sha }],
    [`sha1:${sha}`, { GIT_SHA: sha }],
    [sha, { GIT_SHA: sha }],
    ['v1.2.3', {}],
    ['', {}],
  ])('%s is given in its parts', (revision, parts) => {
    expect(revisionParameters(revision)).toEqual({ GIT_REVISION: revision, ...parts });
  });
});

describe('a path on a server', () => {
  it('has each part of a name behind a `job`, and none that leads elsewhere', () => {
    expect(jobPath('team a/app/feature%2Fx')).toBe('/job/team%20a/job/app/job/feature%252Fx');
    for (const name of ['', 'a/', '/a', 'a//b', '..', 'a/../b', 'a/./b', 'a\nb', 'a\ud800']) {
      expect(jobPath(name), JSON.stringify(name)).toBeUndefined();
    }
    expect(artifactPath('out/a b.txt')).toBe('/artifact/out/a%20b.txt');
    expect(artifactPath('out/../../x')).toBeUndefined();
  });
});

describe('the id of a build', () => {
  const owned = (uid: string, name: string, owner: string, digest: string) => ({
    apiVersion: '',
    kind: '',
    metadata: {
      uid,
      name,
      annotations: { 'carto.run/stamp-digest': digest },
      ownerReferences: [{ apiVersion: '', kind: '', name: '', uid: owner, controller: true }],
    },
  });

  it('is the same for an object that is made anew, and differs with owner, name and inputs', () => {
    const id = correlationId(owned('1', 'a', 'o', 'd'));
    expect(id).toMatch(/^carto-[0-9a-f]{40}$/);
    expect(correlationId(owned('2', 'a', 'o', 'd'))).toBe(id);
    const others = [owned('1', 'b', 'o', 'd'), owned('1', 'a', 'p', 'd'), owned('1', 'a', 'o', 'e')].map(correlationId);
    expect(new Set([id, ...others]).size).toBe(4);
  });

  it('is of the object itself for one that is made by hand', () => {
    const byHand = (uid: string) => ({ apiVersion: '', kind: '', metadata: { uid, name: 'a' } });
    expect(correlationId(byHand('1'))).not.toBe(correlationId(byHand('2')));
  });
});

describe('a build in a look', () => {
  const build = (number: number, id: string, queueId?: number): RemoteBuild => ({
    number,
    isBuilding: true,
    description: '',
    parameters: { ID: id },
    ...(queueId === undefined ? {} : { queueId }),
  });
  const look = (job: Partial<RemoteJob>, more: Partial<Look> = {}): Look => ({
    beganMs: 1,
    queue: [],
    job: { isBuildable: true, builds: [], ...job },
    ...more,
  });
  const ours: Identity = { carrier: { parameter: 'ID', id: 'x' }, nextBuildNumber: 4 };

  it.each<[string, Identity, Look, string]>([
    ['by its id', ours, look({ builds: [build(5, 'y'), build(4, 'x')] }), 'run'],
    ['by its item', { ticket: 7 }, look({ builds: [build(5, 'y', 7)] }), 'run'],
    [
      'by its number, of another id',
      { ...ours, run: 5 },
      look({ nextBuildNumber: 6, builds: [build(5, 'y')] }),
      'absent',
    ],
    ['by its number, of another item', { run: 5, ticket: 7 }, look({ builds: [build(5, 'y', 8)] }), 'absent'],
    ['in the queue', ours, look({}, { queue: [{ id: 1, why: '', parameters: { ID: 'x' } }] }), 'waiting'],
    [
      'out of the queue, not listed yet',
      { ticket: 7 },
      look({}, { left: { isCancelled: false, why: '', buildNumber: 9 } }),
      'waiting',
    ],
    ['cancelled', { ticket: 7 }, look({}, { left: { isCancelled: true, why: '' } }), 'cancelled'],
  ])('is found %s', (_how, identity, seen, kind) => {
    expect(sightOf(identity, seen).kind).toBe(kind);
  });

  it.each<[string, Look, boolean]>([
    ['no build was made since', look({ nextBuildNumber: 4, builds: [build(3, 'y')] }), true],
    ['each that was made since is another', look({ nextBuildNumber: 6, builds: [build(5, 'y'), build(4, 'y')] }), true],
    ['one that was made since is gone', look({ nextBuildNumber: 6, builds: [build(5, 'y')] }), false],
    ['numbers began anew', look({ nextBuildNumber: 2, builds: [] }), false],
    ['the server tells no numbers', look({ builds: [] }), false],
    ['the job is gone', { beganMs: 1, queue: [] }, false],
  ])('is known not to be there, or not: %s', (_what, seen, isProven) => {
    expect(sightOf(ours, seen)).toEqual({ kind: 'absent', isProven, beganMs: 1 });
  });
});
