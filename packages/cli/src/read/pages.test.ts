import { ApiError, CONFIG_MAPS } from '@cartographer/kube';
import { allEnded, failure } from '@cartographer/machinery';
import { startEmbedded } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { allOf, pagesOf } from './pages.ts';

const { signal } = new AbortController();
const selection = { namespace: 'default', signal };

async function stage(objects: number) {
  const embedded = await startEmbedded();
  const { client } = embedded;
  const names = Array.from({ length: objects }, (_, index) => `many-${String(index).padStart(4, '0')}`);
  await allEnded(
    names.map((name) =>
      client.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', name } }),
    ),
  );
  return { client, names, [Symbol.asyncDispose]: () => embedded.close() };
}

describe('a list of many', () => {
  it('comes in pages, each with objects that say what they are', async () => {
    await using at = await stage(1_001);
    const pages = await Array.fromAsync(
      pagesOf(at.client, CONFIG_MAPS, { ...selection, fieldSelector: 'metadata.name!=kube-root-ca.crt' }),
    );
    expect(pages.map((page) => page.length)).toEqual([500, 500, 1]);
    expect(pages.flat().map(({ metadata }) => metadata.name)).toEqual(at.names);
    expect(pages[2]?.[0]).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
  });

  it('goes on where the server says when its beginning is not kept any more', async () => {
    await using at = await stage(501);
    let restart: string | undefined;
    const list: typeof at.client.list = async (type, options) => {
      if (options?.continue === 'stale') {
        throw new ApiError({ ...failure(410, 'Expired', 'too old'), metadata: { continue: restart } });
      }
      const page = await at.client.list(type, options);
      if (restart !== undefined) return page;
      restart = page.metadata.continue;
      return { ...page, metadata: { ...page.metadata, continue: 'stale' } };
    };
    const fieldSelector = 'metadata.name!=kube-root-ca.crt';
    expect(await allOf({ list }, CONFIG_MAPS, { ...selection, fieldSelector })).toHaveLength(501);
  });
});
