import type { Json, Transport } from '@cartographer/machinery';
import { failure } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { createClient } from './client.ts';
import { createRestMapper } from './rest-mapper.ts';

const core = [
  { name: 'configmaps', kind: 'ConfigMap', namespaced: true },
  { name: 'namespaces', kind: 'Namespace', namespaced: false },
  { name: 'namespaces/status', kind: 'Namespace', namespaced: false },
];

function server(paths: Record<string, readonly Json[]>) {
  const asked: string[] = [];
  const down = { value: false };
  const transport: Transport = {
    request({ path }) {
      asked.push(path);
      if (down.value)
        return Promise.resolve({ status: 503, headers: {}, body: failure(503, 'ServiceUnavailable', 'x') });
      const resources = paths[path];
      return Promise.resolve(
        resources === undefined
          ? { status: 404, headers: {}, body: Buffer.from('404 page not found') }
          : { status: 200, headers: {}, body: { kind: 'APIResourceList', resources, versions: resources } },
      );
    },
    close: () => Promise.resolve(),
  };
  const clock = createFakeClock();
  const mapper = createRestMapper({ client: createClient({ transport, clock }), clock });
  return { mapper, clock, asked, paths, down };
}

describe('REST mapper', () => {
  it('finds the resource of a kind and asks only once', async () => {
    const { mapper, asked } = server({ '/api/v1': core });
    const [configMap, namespace] = await Promise.all([
      mapper.resourceFor({ apiVersion: 'v1', kind: 'ConfigMap' }),
      mapper.resourceFor({ apiVersion: 'v1', kind: 'Namespace' }),
    ]);
    expect(configMap).toEqual({
      group: '',
      version: 'v1',
      kind: 'ConfigMap',
      resource: 'configmaps',
      namespaced: true,
    });
    expect(namespace).toMatchObject({ resource: 'namespaces', namespaced: false });
    expect(asked).toEqual(['/api/v1']);
  });

  it('says what does not match in apimachinery’s words', async () => {
    const { mapper } = server({ '/api/v1': core });
    await expect(mapper.resourceFor({ apiVersion: 'v1', kind: 'Nothing' })).rejects.toThrow(
      'no matches for kind "Nothing" in version "v1"',
    );
    await expect(mapper.resourceFor({ apiVersion: 'a/b/c', kind: 'X' })).rejects.toThrow('in version "a/b/c"');
  });

  it('sees a CRD that appears later, without hammering the server until then', async () => {
    const { mapper, clock, asked, paths } = server({});
    const kind = { apiVersion: 'acme.dev/v1', kind: 'Thing' };
    for (let i = 0; i < 50; i++) {
      await expect(mapper.resourceFor(kind)).rejects.toThrow('no matches for kind "Thing" in version "acme.dev/v1"');
      await clock.advance(100);
    }
    expect(asked.length).toBe(3); // in five seconds, the first included
    paths['/apis/acme.dev/v1'] = [{ name: 'things', kind: 'Thing', namespaced: true }];
    clock.jump(-86_400_000);
    await clock.advance(2_000);
    expect(await mapper.resourceFor(kind)).toMatchObject({ resource: 'things' });
  });

  it('sees a kind added to a known group version, at once after invalidate', async () => {
    const { mapper, paths } = server({ '/apis/acme.dev/v1': [{ name: 'as', kind: 'A' }] });
    await mapper.resourceFor({ apiVersion: 'acme.dev/v1', kind: 'A' });
    paths['/apis/acme.dev/v1'] = [{ name: 'bs', kind: 'B' }];
    const kind = { apiVersion: 'acme.dev/v1', kind: 'B' };
    await expect(mapper.resourceFor(kind)).rejects.toThrow('no matches');
    mapper.invalidate('acme.dev/v1');
    expect(await mapper.resourceFor(kind)).toMatchObject({ resource: 'bs' });
  });

  it('does not take an outage for an answer', async () => {
    const { mapper, down } = server({ '/api/v1': core });
    down.value = true;
    await expect(mapper.resourceFor({ apiVersion: 'v1', kind: 'ConfigMap' })).rejects.toMatchObject({
      status: { code: 503 },
    });
    down.value = false;
    expect(await mapper.resourceFor({ apiVersion: 'v1', kind: 'ConfigMap' })).toMatchObject({ resource: 'configmaps' });
  });

  it('finds a kind at another version of its group, in the order of preference, each time anew', async () => {
    const thing = { name: 'things', kind: 'Thing', namespaced: true };
    const { mapper, paths, down } = server({
      '/apis/acme.dev': [{ version: 'v2' }, { version: 'v1' }, { version: 'v1beta1' }],
      '/apis/acme.dev/v2': [{ name: 'others', kind: 'Other', namespaced: true }],
      '/apis/acme.dev/v1': [thing],
      '/apis/acme.dev/v1beta1': [thing],
      '/api/v1': core,
    });
    const find = (group: string, kind: string) => mapper.resourceInGroup({ group, kind });
    expect(await find('acme.dev', 'Thing')).toMatchObject({ version: 'v1', resource: 'things' });
    expect(await find('', 'ConfigMap')).toMatchObject({ version: 'v1' });
    expect([await find('acme.dev', 'None'), await find('none.dev', 'Thing')]).toEqual([undefined, undefined]);
    paths['/apis/acme.dev'] = [{ version: 'v1beta1' }];
    expect(await find('acme.dev', 'Thing')).toMatchObject({ version: 'v1beta1' });
    down.value = true;
    await expect(find('acme.dev', 'Thing')).rejects.toThrow('x');
  });
});
