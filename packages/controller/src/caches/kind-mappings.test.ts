import { NoMatchError, type RestMapper } from '@cartographer/kube';
import type { ResourceType } from '@cartographer/machinery';
import { expect, test } from 'vitest';
import { createKindMappings, MAX_KINDS } from './kind-mappings.ts';

const { signal } = new AbortController();
const type = (group: string, version: string, kind: string): ResourceType => {
  return { group, version, kind, resource: `${kind.toLowerCase()}s`, namespaced: true };
};

/** A mapper that knows `v1 ConfigMap` and `acme.dev/v1 Thing`, and counts what it is asked; `fail` may throw in its place. */
function scripted(fail: (question: string) => void = () => undefined) {
  const asked: string[] = [];
  const all = [type('', 'v1', 'ConfigMap'), type('acme.dev', 'v1', 'Thing')];
  const apiVersionOf = ({ group, version }: ResourceType): string => (group === '' ? version : `${group}/${version}`);
  const mapper: RestMapper = {
    async resourceFor({ apiVersion, kind }) {
      asked.push(`${apiVersion} ${kind}`);
      fail('kind');
      const found = all.find((known) => apiVersionOf(known) === apiVersion && known.kind === kind);
      if (found === undefined) throw new NoMatchError(apiVersion, kind);
      return found;
    },
    async resourcesOf(apiVersion) {
      fail('version');
      return all.filter((known) => apiVersionOf(known) === apiVersion);
    },
    async resourceInGroup({ group, kind }) {
      fail('group');
      return all.find((known) => known.group === group && known.kind === kind);
    },
    invalidate: () => void asked.push('anew'),
  };
  return { mapper, asked, all };
}

test('a kind that exists is asked for once, until its group changes; one that does not is asked for each time', async () => {
  const { mapper, asked, all } = scripted();
  const mappings = createKindMappings(mapper);
  expect(mappings.known('acme.dev/v1', 'Thing')).toBeUndefined();
  for (let i = 0; i < 2; i += 1) await mappings.find('acme.dev/v1', 'Thing', signal);
  expect(mappings.known('acme.dev/v1', 'Thing')).toEqual({ kind: 'mapped', type: all[1] });
  for (let i = 0; i < 2; i += 1) await mappings.find('acme.dev/v1', 'Late', signal);
  all.push(type('acme.dev', 'v1', 'Late'));
  await mappings.find('acme.dev/v1', 'Late', signal);
  expect(mappings.known('acme.dev/v1', 'Late')).toEqual({ kind: 'mapped', type: all[2] });
  mappings.forget('acme.dev');
  await mappings.find('acme.dev/v1', 'Thing', signal);
  const [thing, late] = ['acme.dev/v1 Thing', 'acme.dev/v1 Late'];
  expect(asked).toEqual([thing, late, late, late, 'anew', thing]);
});

test('a group version that the server lacks reads otherwise than a kind that it lacks', async () => {
  const mappings = createKindMappings(scripted().mapper);
  await mappings.find('acme.dev/v2', 'Other', signal);
  expect(mappings.known('acme.dev/v2', 'Other')).toEqual({
    kind: 'noMatch',
    message:
      'failed to get API group resources: unable to retrieve the complete list of server APIs: acme.dev/v2: the server could not find the requested resource',
  });
});

test.each(['kind', 'version', 'group'])(
  'a question that fails is told as such, and asked again: of the %s',
  async (which) => {
    const broken = { is: true };
    const { mapper } = scripted((question) => {
      if (broken.is && question === which) throw new Error('no answer');
    });
    const mappings = createKindMappings(mapper);
    await mappings.find('acme.dev/v1', 'Other', signal);
    expect(mappings.known('acme.dev/v1', 'Other')).toEqual({ kind: 'failed', message: 'no answer' });
    broken.is = false;
    await mappings.find('acme.dev/v1', 'Other', signal);
    expect(mappings.known('acme.dev/v1', 'Other')).toMatchObject({ kind: 'noMatch' });
  },
);

test.each(['kind', 'version', 'group'])('a question that is cut off is no answer: of the %s', async (which) => {
  const cut = new AbortController();
  const { mapper } = scripted((question) => {
    if (question !== which) return;
    cut.abort(new Error('cut off'));
    throw new Error('broken pipe');
  });
  const mappings = createKindMappings(mapper);
  await expect(mappings.find('acme.dev/v1', 'Other', cut.signal)).rejects.toThrow('cut off');
  expect(mappings.known('acme.dev/v1', 'Other')).toBeUndefined();
});

test('a kind whose version is not served is told with the version that is', async () => {
  const mappings = createKindMappings(scripted().mapper);
  await mappings.find('acme.dev/v1beta1', 'Thing', signal);
  expect(mappings.known('acme.dev/v1beta1', 'Thing')).toMatchObject({
    kind: 'noMatch',
    otherVersion: { group: 'acme.dev', version: 'v1', kind: 'Thing' },
  });
  await mappings.find('acme.dev/v1', 'Other', signal);
  const message = 'no matches for kind "Other" in version "acme.dev/v1"';
  expect(mappings.known('acme.dev/v1', 'Other')).toEqual({ kind: 'noMatch', message });
});

test('as many kinds are remembered as there is room for, and the one unused for longest is asked for again', async () => {
  const { mapper, asked } = scripted();
  const mappings = createKindMappings(mapper);
  await mappings.find('v1', 'ConfigMap', signal);
  for (let i = 1; i < MAX_KINDS; i += 1) await mappings.find('acme.dev/v1', `None${i}`, signal);
  expect(mappings.known('v1', 'ConfigMap')).toMatchObject({ kind: 'mapped' });
  await mappings.find('acme.dev/v1', 'OneTooMany', signal);
  expect(mappings.known('acme.dev/v1', 'None1')).toBeUndefined();
  expect(mappings.known('acme.dev/v1', 'None2')).toMatchObject({ kind: 'noMatch' });
  expect(mappings.known('v1', 'ConfigMap')).toMatchObject({ kind: 'mapped' });
  expect(asked).toHaveLength(MAX_KINDS + 1);
});

test('a text that no kind can be called is neither asked for nor kept', () => {
  const { mapper, asked } = scripted();
  const mappings = createKindMappings(mapper);
  expect(mappings.known('v1', 'K'.repeat(63))).toBeUndefined();
  expect(mappings.known('v1', 'K'.repeat(64))).toMatchObject({ kind: 'noMatch' });
  expect(mappings.known(`${'g'.repeat(253)}/${'v'.repeat(63)}`, 'Thing')).toBeUndefined();
  expect(mappings.known(`${'g'.repeat(253)}/${'v'.repeat(64)}`, 'Thing')).toMatchObject({ kind: 'noMatch' });
  expect(asked).toEqual([]);
});

test('what is known of a group is forgotten with it, the core group too', async () => {
  const mappings = createKindMappings(scripted().mapper);
  await mappings.find('v1', 'ConfigMap', signal);
  await mappings.find('acme.dev/v1', 'Thing', signal);
  mappings.forget('');
  expect([mappings.known('v1', 'ConfigMap'), mappings.known('acme.dev/v1', 'Thing')?.kind]).toEqual([
    undefined,
    'mapped',
  ]);
  mappings.forget('acme.dev');
  expect(mappings.known('acme.dev/v1', 'Thing')).toBeUndefined();
});
