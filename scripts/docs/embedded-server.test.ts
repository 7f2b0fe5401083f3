import { createApiServer } from '@cartographer/apiserver';
import { getPath, isList, type Json, silentLog } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { expect, it } from 'vitest';
import { codeSpans, readDoc, section, tableRows } from './markdown.ts';

/** Resources by group version, as discovery lists them, without subresources. */
async function servedResources(): Promise<Readonly<Record<string, readonly string[]>>> {
  const server = await createApiServer({ clock: createFakeClock(), log: silentLog });
  const headers = { authorization: `Bearer ${server.adminToken}` };
  const get = async (path: string): Promise<Json> =>
    (await server.request({ method: 'GET', path, headers })).body as Json;
  try {
    const groups = list(getPath(await get('/apis'), 'groups')).flatMap((group) =>
      list(getPath(group, 'versions')).map((version) => text(getPath(version, 'groupVersion'))),
    );
    const served: Record<string, readonly string[]> = {};
    for (const group of ['v1', ...groups]) {
      const path = group === 'v1' ? '/api/v1' : `/apis/${group}`;
      const names = list(getPath(await get(path), 'resources')).map((resource) => text(getPath(resource, 'name')));
      served[group] = names.filter((name) => !name.includes('/'));
    }
    return served;
  } finally {
    await server.close();
  }
}

function list(value: Json | undefined): readonly Json[] {
  return isList(value) ? value : [];
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

it('docs/embedded-server.md lists exactly the resources that the server has by itself', async () => {
  const rows = tableRows(section(readDoc('embedded-server.md'), 'What it carries'), 'resources');
  const documented = rows.map(([group = '', names = '']) => [codeSpans(group)[0] ?? '', codeSpans(names)]);
  expect(Object.fromEntries(documented)).toEqual(await servedResources());
});
