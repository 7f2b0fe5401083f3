import { readFileSync } from 'node:fs';
import type { Json, JsonObject } from '@cartographer/machinery';
import { getKey, isList, isObject, Secret } from '@cartographer/machinery';
import type { Credential, CredentialSource } from '../transport/cluster-access.ts';
import { bearer, staticCredentials } from '../transport/cluster-access.ts';
import type { ExecPlugin, ExecSurroundings } from './exec-credential.ts';
import { createExecCredentials } from './exec-credential.ts';
import type { Entry } from './kubeconfig-file.ts';
import { createTokenFileCredentials } from './token-file.ts';

const UNSUPPORTED: Readonly<Record<string, string>> = {
  'auth-provider': 'Kubernetes removed auth-provider in 1.26; use an exec plugin',
  as: 'impersonation is not supported; use the credentials of that user',
  'as-uid': 'impersonation is not supported; use the credentials of that user',
  'as-groups': 'impersonation is not supported; use the credentials of that user',
  'as-user-extra': 'impersonation is not supported; use the credentials of that user',
};

/** The credentials of a kubeconfig user. Where several are given, the order is client-go's: token file, token, password, plugin. */
export function userCredentials(user: Entry, cluster: JsonObject, around: ExecSurroundings): CredentialSource {
  for (const [field, advice] of Object.entries(UNSUPPORTED)) {
    const value = getKey(user.fields, field);
    if (value !== undefined && value !== null) throw user.error(`"${field}" cannot be used: ${advice}`, field);
  }
  const certificate = certificateOf(user);
  const rest = certificate === undefined ? {} : { certificate };
  const token = user.text('token');
  const tokenFile = user.text('tokenFile');
  if (tokenFile !== undefined) return createTokenFileCredentials(user.path(tokenFile), around.clock, rest, token);
  if (token !== undefined) return staticCredentials({ ...rest, authorization: bearer(checkedToken(user, token)) });
  const name = user.text('username');
  if (name !== undefined) {
    const basic = Buffer.from(`${name}:${user.text('password') ?? ''}`).toString('base64');
    return staticCredentials({ ...rest, authorization: new Secret(`Basic ${basic}`) });
  }
  const exec = getKey(user.fields, 'exec');
  if (exec === undefined || exec === null) return staticCredentials(rest);
  if (!isObject(exec)) throw user.error('"exec" must be a map', 'exec');
  return createExecCredentials({ ...pluginOf(user, exec, cluster), certificate }, around);
}

/** A token with a line break would break the header; it is never shown. */
function checkedToken(user: Entry, token: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(token.trim())) throw user.error('"token" contains a line break', 'token');
  return token.trim();
}

function certificateOf(user: Entry): Credential['certificate'] {
  const certPem = pemOf(user, 'client-certificate');
  const keyPem = pemOf(user, 'client-key');
  if (certPem === undefined && keyPem === undefined) return undefined;
  if (certPem === undefined) throw user.error('there is a client-key without a client-certificate', 'client-key');
  if (keyPem === undefined)
    throw user.error('there is a client-certificate without a client-key', 'client-certificate');
  return { certPem, keyPem: new Secret(keyPem) };
}

/** A PEM that is given in place (`field-data`, base64) or as a file (`field`); in place wins, as in client-go. */
export function pemOf(entry: Entry, field: string): string | undefined {
  const data = entry.text(`${field}-data`);
  if (data !== undefined) {
    const pem = Buffer.from(data, 'base64').toString('utf8');
    if (!pem.includes('-----BEGIN')) throw entry.error(`"${field}-data" is not a PEM in base64`, `${field}-data`);
    return pem;
  }
  const path = entry.text(field);
  if (path === undefined) return undefined;
  let pem: string;
  try {
    pem = readFileSync(entry.path(path), 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw entry.error(`"${field}" names ${entry.path(path)}, which cannot be read (${code ?? 'unknown'})`, field);
  }
  if (!pem.includes('-----BEGIN')) throw entry.error(`"${field}" names ${entry.path(path)}, which is not a PEM`, field);
  return pem;
}

function pluginOf(user: Entry, exec: JsonObject, cluster: JsonObject): ExecPlugin {
  const text = (field: string): string | undefined => {
    const value = getKey(exec, field);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const apiVersion = text('apiVersion');
  if (apiVersion !== 'client.authentication.k8s.io/v1' && apiVersion !== 'client.authentication.k8s.io/v1beta1') {
    const found = apiVersion ?? 'nothing';
    throw user.error(`exec.apiVersion must be client.authentication.k8s.io/v1 or v1beta1, not ${found}`, 'exec');
  }
  const command = text('command');
  if (command === undefined) throw user.error('exec.command is missing', 'exec');
  const interactiveMode = text('interactiveMode') ?? (apiVersion.endsWith('v1beta1') ? 'IfAvailable' : undefined);
  if (interactiveMode !== 'Never' && interactiveMode !== 'IfAvailable' && interactiveMode !== 'Always') {
    throw user.error('exec.interactiveMode must be Never, IfAvailable or Always', 'exec');
  }
  return {
    apiVersion,
    command: command.includes('/') ? user.path(command) : command,
    args: textsOf(user, getKey(exec, 'args')),
    env: variablesOf(user, getKey(exec, 'env')),
    interactiveMode,
    ...(text('installHint') === undefined ? {} : { installHint: text('installHint') }),
    ...(getKey(exec, 'provideClusterInfo') === true ? { cluster } : {}),
  };
}

function textsOf(user: Entry, list: Json | undefined): readonly string[] {
  if (list === undefined || list === null) return [];
  if (!isList(list)) throw user.error('exec.args must be a list', 'exec');
  return list.map((item) => {
    if (typeof item === 'object') throw user.error('exec.args must be a list of texts', 'exec');
    return String(item);
  });
}

function variablesOf(user: Entry, list: Json | undefined): Readonly<Record<string, string>> {
  if (list === undefined || list === null) return {};
  if (!isList(list)) throw user.error('exec.env must be a list of name and value', 'exec');
  return Object.fromEntries(
    list.map((item) => {
      const name = isObject(item) ? getKey(item, 'name') : undefined;
      const value = isObject(item) ? getKey(item, 'value') : undefined;
      if (typeof name !== 'string' || typeof value !== 'string') {
        throw user.error('exec.env must be a list of name and value', 'exec');
      }
      return [name, value];
    }),
  );
}
