import { failure } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { ApiError, TransportError } from '../transport/api-error.ts';
import { getIfThere } from './get-if-there.ts';

const things = { group: 'acme.dev', version: 'v1', kind: 'Thing', resource: 'things', namespaced: true };
const key = { namespace: 'team', name: 'a' };
const failing = (error: Error) => ({ get: () => Promise.reject(error) });

describe('reading what may not be there', () => {
  it('gives what is there, and passes on who may end it', async () => {
    const object = { apiVersion: 'acme.dev/v1', kind: 'Thing', metadata: key };
    const asked: unknown[] = [];
    const { signal } = new AbortController();
    const client = { get: async (...args: readonly unknown[]) => (asked.push(args), object) };
    expect(await getIfThere(client, things, key, { signal })).toBe(object);
    expect(asked).toEqual([[things, key, { signal }]]);
  });

  it('takes a 404 for its absence', async () => {
    const missing = new ApiError(failure(404, 'NotFound', 'things "a" not found'));
    expect(await getIfThere(failing(missing), things, key)).toBeUndefined();
  });

  it.each([
    ['a refusal', new ApiError(failure(403, 'Forbidden', 'no'))],
    ['a conflict', new ApiError(failure(409, 'Conflict', 'no'))],
    ['an outage', new ApiError(failure(503, 'ServiceUnavailable', 'no'))],
    ['a version that is gone', new ApiError(failure(410, 'Expired', 'no'))],
    ['no answer', new TransportError('CARTO_TIMEOUT', 'no')],
    ['anything else', new TypeError('no')],
  ])('takes %s for no answer', async (_what, error) => {
    await expect(getIfThere(failing(error), things, key)).rejects.toBe(error);
  });
});
