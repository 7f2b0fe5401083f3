import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTroubleLog } from '@cartographer/kube';
import { CartoError, type Clock, type Log } from '@cartographer/machinery';
import type { KeyPair, Runnable } from '@cartographer/runtime';
import { isUsable, WEBHOOK_CERTIFICATE } from './serving-certificate.ts';

/** How soon a file that changed is noticed: the kubelet swaps mounted files by a link, which no file event tells reliably. */
const POLL_MS = 10_000;

/** What {@link certificateFolder} needs. */
export type CertificateFolderOptions = {
  /** Holds `tls.crt` and `tls.key`, as cert-manager writes them. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly use: (pair: KeyPair) => void;
  /** What it is called in logs and metrics. */
  readonly what?: string;
};

/** Takes a certificate from a folder, and again whenever it changes; one that cannot be used leaves the old one in place. */
export function certificateFolder({
  folder,
  clock,
  log,
  use,
  what = WEBHOOK_CERTIFICATE,
}: CertificateFolderOptions): Runnable {
  let current = '';
  const trouble = createTroubleLog({ clock, log, text: `${what} cannot be used` });

  async function look(): Promise<void> {
    try {
      const pair = await readPair(folder);
      const text = `${pair.certPem}${pair.keyPem}`;
      if (text === current) return trouble.worked();
      use(pair);
      log.info({ folder }, `${what} ${current === '' ? 'loaded' : 'replaced'}`);
      current = text;
      trouble.worked();
    } catch (error) {
      trouble.failed(error, { folder });
    }
  }

  return {
    name: what,
    trouble: trouble.current,
    async run(signal) {
      while (!signal.aborted) {
        await look();
        await clock.sleep(POLL_MS, signal).catch(() => undefined);
      }
    },
  };
}

/** @throws CartoError `CARTO_CERTIFICATE` when a file is missing, or certificate and key do not belong together. */
async function readPair(folder: string): Promise<KeyPair> {
  try {
    const [certPem, keyPem] = await Promise.all([
      readFile(join(folder, 'tls.crt'), 'utf8'),
      readFile(join(folder, 'tls.key'), 'utf8'),
    ]);
    if (!isUsable({ certPem, keyPem })) throw new Error('they are no certificate with its key');
    return { certPem, keyPem };
  } catch (cause) {
    throw new CartoError('CARTO_CERTIFICATE', `tls.crt and tls.key in ${folder}: ${(cause as Error).message}`, {
      cause,
    });
  }
}
