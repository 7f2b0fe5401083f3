import { ApiError, type Client } from '@cartographer/kube';
import { failure } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { createPullSecretReader } from './pull-secrets.ts';

/** A server that holds these, `KIND NAMESPACE/NAME`; namespace `closed` lets nobody read its Secrets. */
function holding(objects: Readonly<Record<string, object>>): Pick<Client, 'get'> {
  return {
    async get({ kind }, { namespace = '', name }) {
      const found = objects[`${kind} ${namespace}/${name}`];
      if (kind === 'Secret' && namespace === 'closed') throw new ApiError(failure(403, 'Forbidden', 'no'));
      if (found === undefined) throw new ApiError(failure(404, 'NotFound', 'no'));
      return {
        apiVersion: 'v1',
        kind,
        metadata: { name, uid: `uid-${name}`, resourceVersion: '1' },
        ...found,
      };
    },
  };
}

const account = { imagePullSecrets: [{ name: 'own' }, { name: 'gone' }, { name: 'extra' }, {}] };
const signal = new AbortController().signal;

describe('pull secrets', () => {
  it('are those that are named, then those of the account, each once; what is not there is named', async () => {
    const client = holding({ 'ServiceAccount red/app': account, 'Secret red/own': {}, 'Secret red/extra': {} });
    const reader = createPullSecretReader(client);
    const found = await reader.read({ namespace: 'red', account: 'app', secrets: ['extra', 'lost'] }, signal);
    expect(found.secrets.map(({ metadata }) => metadata.name)).toEqual(['extra', 'own']);
    expect(found.missing).toEqual(['lost', 'gone']);
    expect(found.key).toBe('uid-app uid-extra/1 uid-own/1');
    expect(reader.isForbidden('red')).toBe(false);
  });

  it('have another key when the account or a Secret is another', async () => {
    const key = async (objects: Record<string, object>): Promise<string> =>
      (await createPullSecretReader(holding(objects)).read({ namespace: 'red', account: 'app' }, signal)).key;
    const objects = { 'ServiceAccount red/app': account, 'Secret red/own': {} };
    const changed = { metadata: { name: 'own', uid: 'uid-own', resourceVersion: '2' } };
    const keys = [
      await key(objects),
      await key({ ...objects, 'Secret red/own': changed }),
      await key({ ...objects, 'Secret red/gone': {} }),
      await key({}),
    ];
    expect(new Set(keys).size).toBe(4);
  });

  it('are none where the namespace does not let us read, which is known afterwards; an account that is not there is told', async () => {
    const reader = createPullSecretReader(holding({ 'ServiceAccount closed/app': account }));
    expect(await reader.read({ namespace: 'closed', account: 'app' }, signal)).toMatchObject({ secrets: [] });
    expect(reader.isForbidden('closed')).toBe(true);
    expect(await reader.read({ namespace: 'red', account: 'app' }, signal)).toEqual({
      account: undefined,
      secrets: [],
      missing: [],
      key: '',
    });
  });
});
