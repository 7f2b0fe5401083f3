import { join } from 'node:path';
import { createClient } from '@cartographer/kube';
import { silentLog } from '@cartographer/machinery';
import { createFakeClock, createFaultTransport, startEmbedded } from '@cartographer/testkit';
import { expect, it } from 'vitest';
import { createWebhooks, type WebhookCertificate } from './webhooks.ts';

async function stage(certificate: WebhookCertificate) {
  const clock = createFakeClock();
  const { server, adminTransport } = await startEmbedded({ clock });
  const faults = createFaultTransport(adminTransport, { clock });
  const refused = { kind: 'status', code: 403, message: 'secrets is forbidden' } as const;
  faults.inject({ when: ({ path }) => path.includes('/secrets'), times: Infinity, fault: refused });
  const client = createClient({ transport: faults, clock });
  const webhooks = await createWebhooks({
    host: '127.0.0.1',
    port: 0,
    certificate,
    client,
    clock,
    log: silentLog,
    onDrop: () => undefined,
  });
  const parts = [...webhooks.parts, ...webhooks.leaderParts];
  const stop = new AbortController();
  const lives = parts.map((part) => part.run(stop.signal));
  return {
    webhooks,
    troubles: () => parts.flatMap(({ name, trouble }) => (trouble?.() === undefined ? [] : [name])),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await Promise.all(lives);
      await server.close();
    },
  };
}

it('webhooks without the files of a certificate are not ready, and say which', async () => {
  const folder = join(import.meta.dirname, 'nosuch');
  await using at = await stage({ from: 'folder', folder });
  await expect.poll(at.troubles).toEqual(['webhook certificate']);
  expect(at.webhooks.notReady()).toMatch(
    `there is no certificate to serve webhooks with yet: tls.crt and tls.key in ${folder}: ENOENT`,
  );
});

it('webhooks whose certificate may be neither read nor made are not ready, and say why', async () => {
  const names = { namespace: 'default', secret: 'webhook', service: 'webhook', configuration: 'webhook' };
  await using at = await stage({ from: 'self', ...names });
  await expect.poll(at.troubles).toEqual(['webhook certificate', 'webhook certificate keeper']);
  expect(at.webhooks.notReady()).toBe('there is no certificate to serve webhooks with yet: secrets is forbidden');
});
