import type { Transport, WireRequest } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { fenced } from './fenced-transport.ts';

const WRITES = ['POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** A fenced transport over one that lets a test act between a request and its first byte. */
function setUp(beforeFirstByte: () => void = () => undefined) {
  const lease = { held: true };
  const sent: string[] = [];
  let closed = 0;
  const inner: Transport = {
    async request(request) {
      beforeFirstByte();
      if (request.method !== 'GET') expect(request.beforeSend).toBeDefined();
      request.beforeSend?.();
      sent.push(`${request.method} ${request.path}`);
      return { status: 200, headers: {}, body: {} };
    },
    close: async () => void (closed += 1),
  };
  const transport = fenced(inner, { holds: () => lease.held });
  return { transport, lease, sent, closed: () => closed };
}

describe('a fenced transport', () => {
  it.each(WRITES)('sends a %s while the lease is held, and refuses it otherwise, naming it', async (method) => {
    const { transport, lease, sent } = setUp();
    expect((await transport.request({ method, path: '/a' })).status).toBe(200);
    lease.held = false;
    await expect(transport.request({ method, path: '/b' })).rejects.toMatchObject({
      code: 'CARTO_NOT_LEADER',
      message: expect.stringContaining(`${method} /b`),
    });
    expect(sent).toEqual([`${method} /a`]);
  });

  it.each(WRITES)('refuses a %s whose lease ended while it waited for a connection', async (method) => {
    const { transport, lease, sent } = setUp(() => (lease.held = false));
    await expect(transport.request({ method, path: '/a' })).rejects.toMatchObject({ code: 'CARTO_NOT_LEADER' });
    expect(sent).toEqual([]);
  });

  it('does not even ask for a connection without the lease', async () => {
    let asked = 0;
    const { transport, lease } = setUp(() => (asked += 1));
    lease.held = false;
    await expect(transport.request({ method: 'PUT', path: '/a' })).rejects.toMatchObject({ code: 'CARTO_NOT_LEADER' });
    expect(asked).toBe(0);
  });

  it('lets reads pass, lease or not', async () => {
    const { transport, lease, sent } = setUp();
    lease.held = false;
    await transport.request({ method: 'GET', path: '/a' });
    expect(sent).toEqual(['GET /a']);
  });

  it('keeps the check that a write brings, when it is made and before its first byte', async () => {
    const { transport, sent } = setUp();
    let checks = 0;
    const beforeSend = (): void => {
      checks += 1;
      if (checks > 1) throw new Error('no longer wanted');
    };
    const request: WireRequest = { method: 'POST', path: '/a', beforeSend };
    await expect(transport.request(request)).rejects.toThrow('no longer wanted');
    expect([checks, sent]).toEqual([2, []]);
  });

  it('closes the transport that it fences', async () => {
    const { transport, closed } = setUp();
    await transport.close();
    expect(closed()).toBe(1);
  });
});
