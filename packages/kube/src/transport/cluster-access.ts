import { Secret } from '@cartographer/machinery';

/** What a request shows to prove who it is: a header, a client certificate, both or neither. */
export type Credential = {
  /** The whole `Authorization` header. */
  readonly authorization?: Secret;
  readonly certificate?: { readonly certPem: string; readonly keyPem: Secret };
};

/** Where credentials come from; they may change over time (token files, exec plugins). */
export interface CredentialSource {
  /** The credential to use now; cheap when nothing changed. */
  current(signal?: AbortSignal): Credential | Promise<Credential>;
  /** The server refused the current credential: fetch another one next time. */
  refused(): void;
}

/** Everything needed to talk to one API server, whatever it was read from. */
export type ClusterAccess = {
  /** `https://host:port`, with a path prefix if the server stands behind one. */
  readonly server: string;
  readonly caPem?: string;
  readonly insecureSkipTlsVerify?: boolean;
  /** The name to expect in the server's certificate, if it is not the host's. */
  readonly tlsServerName?: string;
  readonly credentials: CredentialSource;
  /** The namespace to use where none is named. */
  readonly namespace: string;
  /** The kubeconfig context this came from. */
  readonly context?: string;
};

/** Credentials that never change. */
export function staticCredentials(credential: Credential): CredentialSource {
  return { current: () => credential, refused: () => undefined };
}

/** `Bearer …`, wrapped. */
export function bearer(token: string): Secret {
  return new Secret(`Bearer ${token}`);
}
