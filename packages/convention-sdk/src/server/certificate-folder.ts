import { createPrivateKey, X509Certificate } from 'node:crypto';
import { watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogSink, ServerClock } from './ports.ts';

/** A certificate and its key, as PEM. */
export type CertificatePair = { readonly cert: string; readonly key: string };

/** What {@link followCertificate} needs. */
export type CertificateFolderOptions = {
  /** Has `tls.crt` and `tls.key`, as the mount of a Secret of type `kubernetes.io/tls` has. */
  readonly folder: string;
  readonly clock: ServerClock;
  readonly log: LogSink;
  /** Is told of the first pair, and of each other one that fits together. */
  readonly use: (pair: CertificatePair) => void;
  /** Tells of changes; `fs.watch` unless a test says otherwise. */
  readonly watchFolder?: WatchFolder;
};

/** Calls `onChange` when something changes in a folder; the returned function ends that. */
export type WatchFolder = (folder: string, onChange: () => void) => () => void;

/** Some file systems tell of no change: then the files are read again after this time. */
const LOOK_EVERY_MS = 5 * 60_000;
/** A kubelet replaces both files by one link; a person writes one after the other. */
const SETTLE_MS = 200;

/**
 * Serves with the certificate of a folder, and with its next one as soon as both files are there. Files that do not fit
 * together are logged, and change nothing. The returned function ends it.
 *
 * @throws Error when there is no pair to begin with.
 */
export async function followCertificate(options: CertificateFolderOptions): Promise<() => void> {
  const { folder, clock, log, use, watchFolder = watchByEvents(log) } = options;
  let served = await readPair(folder);
  use(served);
  let isEnded = false;

  const look = async (): Promise<void> => {
    try {
      const pair = await readPair(folder);
      if (isEnded || (pair.cert === served.cert && pair.key === served.key)) return;
      use(pair);
      served = pair;
      log({ level: 'info', message: `serving with the new certificate of ${folder}` });
    } catch (error) {
      log({ level: 'warn', message: `${folder} has no certificate to serve with; the one before stays`, error });
    }
  };

  let cancelSettle: (() => void) | undefined;
  const unwatch = watchFolder(folder, () => {
    cancelSettle?.();
    cancelSettle = clock.schedule(SETTLE_MS, () => void look());
  });
  let cancelLook = (): void => undefined;
  const lookLater = (): void => {
    cancelLook = clock.schedule(LOOK_EVERY_MS, () => {
      lookLater();
      void look();
    });
  };
  lookLater();

  return () => {
    isEnded = true;
    unwatch();
    cancelSettle?.();
    cancelLook();
  };
}

async function readPair(folder: string): Promise<CertificatePair> {
  const [cert, key] = await Promise.all(['tls.crt', 'tls.key'].map((name) => readPem(join(folder, name))));
  if (cert === undefined || key === undefined) throw new Error(`${folder} has no tls.crt and tls.key`);
  checkPair({ cert, key }, folder);
  return { cert, key };
}

async function readPem(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new Error(`${path} cannot be read; mount the Secret of the certificate there`, { cause: error });
  }
}

/** @throws Error when a server cannot serve with this; half-written files cannot. */
export function checkPair({ cert, key }: CertificatePair, where: string): void {
  let fits: boolean;
  try {
    fits = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch (error) {
    throw new Error(`the certificate or the key of ${where} is not PEM`, { cause: error });
  }
  if (!fits) throw new Error(`the certificate and the key of ${where} do not belong together`);
}

function watchByEvents(log: LogSink): WatchFolder {
  return (folder, onChange) => {
    const warn = (error: unknown): void =>
      log({ level: 'warn', message: `changes of ${folder} are not told; it is looked at every 5 minutes`, error });
    try {
      const watcher = watch(folder, { persistent: false }, onChange).on('error', warn);
      return () => watcher.close();
    } catch (error) {
      warn(error);
      return () => undefined;
    }
  };
}
