import type { Clock, Json, JsonObject } from '@cartographer/machinery';
import { getKey, isObject, parseJson, Secret, stringifyJson } from '@cartographer/machinery';
import { TransportError } from '../transport/api-error.ts';
import type { Credential, CredentialSource } from '../transport/cluster-access.ts';
import { bearer } from '../transport/cluster-access.ts';
import { runProgram } from './run-program.ts';

/** An exec plugin as a kubeconfig names it. */
export type ExecPlugin = {
  readonly apiVersion: 'client.authentication.k8s.io/v1' | 'client.authentication.k8s.io/v1beta1';
  readonly command: string;
  readonly args: readonly string[];
  /** Variables on top of this process' own. */
  readonly env: Readonly<Record<string, string>>;
  readonly installHint?: string;
  readonly interactiveMode: 'Never' | 'IfAvailable' | 'Always';
  /** The cluster as `provideClusterInfo` shows it to the plugin. */
  readonly cluster?: JsonObject;
  /** Used where the plugin gives no certificate of its own. */
  readonly certificate?: Credential['certificate'];
};

/** What a plugin needs of its surroundings. */
export type ExecSurroundings = {
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether a person can be asked. */
  readonly isInteractive: boolean;
};

type Cached = { readonly credential: Credential; readonly expiresMs: number };

const MAX_OUTPUT_BYTES = 1024 * 1024;
const MAX_RUN_MS = 60_000;
// A server that refuses every credential must not make us start a program for every request.
const SHORTEST_LIFE_MS = 1_000;

/** Credentials from a program, asked for again when they expire or are refused. */
export function createExecCredentials(plugin: ExecPlugin, around: ExecSurroundings): CredentialSource {
  const { clock } = around;
  let cached: Cached | undefined;
  let askedMs = Number.NEGATIVE_INFINITY;
  let asking: Promise<Credential> | undefined;

  const ask = async (): Promise<Credential> => {
    askedMs = clock.monotonicMs();
    try {
      cached = await run(plugin, around);
      return cached.credential;
    } finally {
      asking = undefined;
    }
  };

  return {
    current() {
      if (cached !== undefined && clock.now() < cached.expiresMs) return cached.credential;
      return (asking ??= ask());
    },
    refused() {
      if (clock.monotonicMs() - askedMs >= SHORTEST_LIFE_MS) cached = undefined;
    },
  };
}

async function run(plugin: ExecPlugin, { env, isInteractive }: ExecSurroundings): Promise<Cached> {
  const interactive = plugin.interactiveMode !== 'Never' && isInteractive;
  if (plugin.interactiveMode === 'Always' && !interactive) {
    throw problem(plugin, 'it needs a terminal (interactiveMode is Always), and there is none');
  }
  const info = {
    apiVersion: plugin.apiVersion,
    kind: 'ExecCredential',
    spec: { ...(plugin.cluster === undefined ? {} : { cluster: plugin.cluster }), interactive },
  };
  const result = await runProgram({
    command: plugin.command,
    args: plugin.args,
    env: { ...env, ...plugin.env, KUBERNETES_EXEC_INFO: stringifyJson(info) },
    inheritInput: interactive,
    maxOutputBytes: MAX_OUTPUT_BYTES,
    timeoutMs: MAX_RUN_MS,
  });
  switch (result.kind) {
    case 'not-started':
      throw problem(plugin, `it cannot be started (${result.why})${hint(plugin)}`);
    case 'failed':
      throw problem(plugin, `${result.why}${result.errorOutput === '' ? '' : `: ${result.errorOutput}`}`);
    case 'done':
      break;
  }
  return read(plugin, result.output);
}

/** The checks and texts of client-go; what the plugin printed is never shown, as it may be half a credential. */
function read(plugin: ExecPlugin, output: string): Cached {
  let answer: Json;
  try {
    answer = parseJson(output);
  } catch {
    throw problem(plugin, 'it printed something that is not JSON');
  }
  if (!isObject(answer) || getKey(answer, 'kind') !== 'ExecCredential') {
    throw problem(plugin, 'it did not print an ExecCredential');
  }
  const version = getKey(answer, 'apiVersion');
  if (version !== plugin.apiVersion) {
    const returned = typeof version === 'string' ? version : '';
    throw problem(
      plugin,
      `it is configured to use API version ${plugin.apiVersion}, plugin returned version ${returned}`,
    );
  }
  const status = getKey(answer, 'status');
  if (!isObject(status)) throw problem(plugin, "it didn't return a status field");
  const text = (field: string): string | undefined => {
    const value = getKey(status, field);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const [token, certPem, key] = [text('token'), text('clientCertificateData'), text('clientKeyData')];
  if ((certPem === undefined) !== (key === undefined)) {
    throw problem(plugin, 'it returned only certificate or key, not both');
  }
  if (token === undefined && certPem === undefined) throw problem(plugin, "it didn't return a token or cert/key pair");
  const own = certPem === undefined || key === undefined ? undefined : { certPem, keyPem: new Secret(key) };
  const certificate = own ?? plugin.certificate;
  const expires = Date.parse(text('expirationTimestamp') ?? '');
  return {
    credential: { ...(token === undefined ? {} : { authorization: bearer(token) }), certificate },
    expiresMs: Number.isNaN(expires) ? Number.POSITIVE_INFINITY : expires,
  };
}

function problem(plugin: ExecPlugin, text: string): TransportError {
  return new TransportError('CARTO_CREDENTIALS', `credential plugin ${plugin.command}: ${text}`);
}

function hint({ installHint }: ExecPlugin): string {
  return installHint === undefined ? '' : `; ${installHint.trim()}`;
}
