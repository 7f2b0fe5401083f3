import { describe, expect, it } from 'vitest';
import { serviceObject } from '../testing/laptop.ts';
import { neededRevisions, newestReady, type Revision, withReady, withTemplate } from './revisions.ts';
import { type AppTemplate, appTemplate } from './service.ts';
import { decideMoves } from './service-reconciler.ts';

function template(image: string): AppTemplate {
  const read = appTemplate(serviceObject('web', image));
  if (read.kind === 'unsupported') throw new Error(read.message);
  return read.template;
}
const service = (status = {}): Parameters<typeof withTemplate>[2] => ({ name: 'web', generation: 3, status });
const names = (revisions: readonly Revision[]): readonly string[] => revisions.map(({ name }) => name);

describe('revisions', () => {
  it('get a number with each change of the template, going back included', () => {
    let revisions = withTemplate([], template('a'), service());
    expect(withTemplate(revisions, template('a'), service())).toBe(revisions);
    for (const image of ['b', 'a']) revisions = withTemplate(revisions, template(image), service());
    expect(names(revisions)).toEqual(['web-00001', 'web-00002', 'web-00003']);
  });

  it('go on from what the status says when the disk was lost', () => {
    const told = { latestCreatedRevisionName: 'web-00007', latestReadyRevisionName: 'web-00007' };
    const [same] = withTemplate([], template('a'), service({ ...told, observedGeneration: 3 }));
    expect(same).toMatchObject({ name: 'web-00007', wasReady: true });
    const [next] = withTemplate([], template('a'), service({ ...told, observedGeneration: 2 }));
    expect(next).toMatchObject({ name: 'web-00008', wasReady: false });
  });

  it('are kept as long as they are the newest, or the newest that has answered', () => {
    let revisions: readonly Revision[] = [];
    for (const image of ['a', 'b', 'c', 'd']) revisions = withTemplate(revisions, template(image), service());
    revisions = withReady(withReady(revisions, 'web-00001'), 'web-00002');
    expect(newestReady(revisions)?.name).toBe('web-00002');
    expect(names(neededRevisions(revisions))).toEqual(['web-00002', 'web-00004']);
  });
});

describe('what is done about the processes of a Service', () => {
  const [one, two] = withTemplate(withTemplate([], template('a'), service()), template('b'), service()) as [
    Revision,
    Revision,
  ];
  const starting = { kind: 'starting' } as const;
  const answering = { kind: 'answering', port: 1 } as const;
  it.each<[string, Parameters<typeof decideMoves>, readonly string[]]>([
    ['the first revision is started', [one, undefined, {}], ['startWanted']],
    ['it is waited for', [one, undefined, { next: { name: one.name, state: starting } }], []],
    ['it takes over when it answers', [one, undefined, { next: { name: one.name, state: answering } }], ['takeOver']],
    ['it is left alone then', [one, one, { serving: { name: one.name, state: answering } }], []],
    ['after a restart, the one that has answered is started at once', [one, one, {}], ['startWanted']],
    ['and serves until a newer one answers', [two, one, {}], ['startReady', 'startWanted']],
    [
      'a newer one replaces one that has not answered yet',
      [two, undefined, { next: { name: one.name, state: starting } }],
      ['startWanted'],
    ],
    [
      'a next one is not needed when the serving one is wanted again',
      [one, one, { serving: { name: one.name, state: answering }, next: { name: two.name, state: starting } }],
      ['dismissNext'],
    ],
  ])('%s', (_name, args, moves) => {
    expect(decideMoves(...args)).toEqual(moves);
  });
});
