import type { Client } from '@cartographer/kube';
import type { Clock, DropReason, Log } from '@cartographer/machinery';
import { whenAborted } from '@cartographer/machinery';
import type { Runnable } from '@cartographer/runtime';
import { certificateFolder } from './certificate-folder.ts';
import { certificateKeeper } from './certificate-keeper.ts';
import { certificateSecret } from './certificate-secret.ts';
import { createWebhookServer } from './webhook-server.ts';
import { webhookTrust } from './webhook-trust.ts';

/** Where the certificate of the webhooks comes from. */
export type WebhookCertificate =
  /** Files that someone else renews, such as cert-manager. */
  | { readonly from: 'folder'; readonly folder: string }
  /** Made and renewed by the leader, shared through a Secret. */
  | {
      readonly from: 'self';
      readonly namespace: string;
      readonly secret: string;
      readonly service: string;
      readonly configuration: string;
    };

/** What {@link createWebhooks} needs. */
export type WebhooksOptions = {
  readonly host: string;
  readonly port: number;
  readonly certificate: WebhookCertificate;
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
  /** Is told of every connection that had to go. */
  readonly onDrop: (reason: DropReason) => void;
};

/** The webhooks as parts of a process. */
export type Webhooks = {
  /** What every replica runs. */
  readonly parts: readonly Runnable[];
  /** What only the leader runs. */
  readonly leaderParts: readonly Runnable[];
  readonly port: number;
  /** Says why no review can be answered, or undefined. */
  notReady(): string | undefined;
};

/**
 * Opens the port of the validating webhooks and names the parts that keep them going.
 * @throws CartoError `CARTO_PORT_IN_USE` when the address is taken.
 */
export async function createWebhooks(options: WebhooksOptions): Promise<Webhooks> {
  const { certificate, client, clock } = options;
  const log = options.log.child({ part: 'webhooks' });
  const { host, port, onDrop } = options;
  const server = await createWebhookServer({ host, port, clock, log, onDrop });
  const serving: Runnable = {
    name: 'webhook server',
    async run(signal) {
      await whenAborted(signal);
      await server.close();
    },
  };
  const found = (certificates: Runnable) => ({
    port: server.port,
    notReady() {
      const why = server.notReady();
      const trouble = certificates.trouble?.();
      return why === undefined || trouble === undefined ? why : `${why}: ${trouble.message}`;
    },
  });
  if (certificate.from === 'folder') {
    const { folder } = certificate;
    const files = certificateFolder({ folder, clock, log, use: (pair) => server.use(pair) });
    return { ...found(files), parts: [serving, files], leaderParts: [] };
  }
  const { namespace, service, configuration } = certificate;
  const secret = { namespace, name: certificate.secret };
  const shared = certificateSecret({ client, clock, log, key: secret, use: (pair) => server.use(pair) });
  const trust = webhookTrust({ client, log, configuration, service, namespace });
  const keeper = certificateKeeper({ client, clock, log, secret, service, trust });
  return { ...found(shared), parts: [serving, shared], leaderParts: [keeper] };
}
