import { silentLog } from '@cartographer/machinery';
import { createFakeClock } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { createApiServer } from '../../api-server.ts';
import type { AuditEntry } from './audit.ts';

describe('the audit of requests', () => {
  it('tells verb, user, object and answer of each request, refused ones too', async () => {
    const entries: AuditEntry[] = [];
    const server = await createApiServer({
      clock: createFakeClock(),
      log: silentLog,
      audit: (entry) => entries.push(entry),
    });
    const path = '/api/v1/namespaces/default/configmaps';
    const headers = { authorization: `Bearer ${server.adminToken}`, 'user-agent': 'test/1' };
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one' } };
    await server.request({ method: 'POST', path, headers, body });
    const apply = { ...headers, 'content-type': 'application/apply-patch+yaml' };
    await server.request({ method: 'PATCH', path: `${path}/one`, query: { fieldManager: 'm' }, headers: apply, body });
    await server.request({ method: 'GET', path: `${path}/two`, headers });
    await server.request({ method: 'GET', path: `${path}/one`, headers: { authorization: 'Bearer wrong' } });
    await server.close();

    const story = entries.map(
      ({ verb, user, objectRef, responseStatus }) =>
        `${user.username} ${verb} ${objectRef?.name ?? ''} ${responseStatus.code}`,
    );
    expect(story).toEqual([
      'admin create  201',
      'admin apply one 200',
      'admin get two 404',
      'system:anonymous get one 401',
    ]);
    expect(entries[1]?.requestURI).toBe(`${path}/one?fieldManager=m`);
  });
});
