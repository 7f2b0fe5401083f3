import { Buffer } from 'node:buffer';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tokens } from '../../redact.ts';
import type { GitLocation } from './git-location.ts';

/** The data of a Secret, decoded. */
export type SecretData = Readonly<Record<string, Buffer>>;

/** Credentials in the form git takes them: environment, and files that {@link GitAuth.close} removes. */
export type GitAuth = {
  readonly env: Readonly<Record<string, string>>;
  /** What of the secret no message may show. */
  readonly secrets: readonly string[];
  close(): Promise<void>;
};

/** Where credential files are made for the time of a run, and the ssh program. */
export type GitAuthOptions = { readonly tempFolder: string; readonly sshProgram?: string };

const NO_AUTH: GitAuth = { env: {}, secrets: [], close: () => Promise.resolve() };

/**
 * Makes credentials of the secret of a GitRepository. Nothing secret ever stands on a command line:
 * headers travel in git's environment configuration, keys in files of mode 0600.
 *
 * @throws Error with Flux's text when the secret lacks what the transport needs.
 */
export async function openGitAuth(
  location: GitLocation,
  secret: SecretData | undefined,
  options: GitAuthOptions,
): Promise<GitAuth> {
  switch (location.kind) {
    case 'local':
      return NO_AUTH;
    case 'http':
      return openHttpAuth(location, secret ?? {}, options);
    case 'ssh':
      return openSshAuth(location, secret ?? {}, options);
  }
}

async function openHttpAuth(
  location: GitLocation & { kind: 'http' },
  secret: SecretData,
  { tempFolder }: GitAuthOptions,
): Promise<GitAuth> {
  const config: [string, string][] = [];
  const authorization = authorizationHeader(location, secret);
  if (authorization !== undefined) {
    config.push([`http.${location.origin}/.extraHeader`, authorization]);
    // git sends its headers to whatever host a redirect names: with credentials, none is followed.
    config.push(['http.followRedirects', 'false']);
  }

  const files = await TempFiles.create(tempFolder);
  const pem: readonly (readonly [setting: string, content: Buffer | undefined])[] = [
    ['http.sslCAInfo', entry(secret, 'ca.crt') ?? entry(secret, 'caFile')],
    ['http.sslCert', entry(secret, 'tls.crt')],
    ['http.sslKey', entry(secret, 'tls.key')],
  ];
  for (const [setting, content] of pem) {
    if (content !== undefined) config.push([setting, await files.write(setting, content)]);
  }
  const secrets = secretTexts(secret, authorization);
  return { env: configEnvironment(config), secrets, close: () => files.remove() };
}

function authorizationHeader(location: GitLocation & { kind: 'http' }, secret: SecretData): string | undefined {
  const username = entry(secret, 'username')?.toString() ?? location.username;
  const password = entry(secret, 'password')?.toString() ?? location.password;
  const token = entry(secret, 'bearerToken')?.toString().trim();
  if (token !== undefined) {
    if (location.username !== '' || location.password !== '') {
      throw new Error('basic auth and bearer token cannot be set at the same time');
    }
    return header(`Bearer ${token}`);
  }
  if (username === '' && password === '') return undefined;
  if (username === '') {
    throw new Error(`invalid '${location.scheme}' auth option: 'password' requires 'username' to be set`);
  }
  return header(`Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`);
}

/** A server may say back what it was sent, so these are looked for in all that git says. */
function secretTexts(secret: SecretData, authorization = ''): readonly string[] {
  const given = (key: string): string => entry(secret, key)?.toString() ?? '';
  const values = [given('password'), given('bearerToken').trim(), authorization.split(' ').at(-1) ?? ''];
  return [...tokens(given('username')), ...values];
}

function header(value: string): string {
  if (/[\r\n\0]/.test(value)) throw new Error('credentials must not hold line breaks');
  return `Authorization: ${value}`;
}

async function openSshAuth(
  location: GitLocation & { kind: 'ssh' },
  secret: SecretData,
  { tempFolder, sshProgram = 'ssh' }: GitAuthOptions,
): Promise<GitAuth> {
  const identity = entry(secret, 'identity');
  const knownHosts = entry(secret, 'known_hosts');
  if (identity === undefined) throw new Error("invalid 'ssh' auth option: 'identity' is required");
  if (knownHosts === undefined) throw new Error("invalid 'ssh' auth option: 'known_hosts' is required");

  const files = await TempFiles.create(tempFolder);
  const options = [
    '-F /dev/null',
    `-i ${quote(await files.write('identity', endWithNewline(identity)))}`,
    `-o UserKnownHostsFile=${quote(await files.write('known_hosts', knownHosts))}`,
    '-o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes',
    '-o PasswordAuthentication=no -o KbdInteractiveAuthentication=no',
    '-o ConnectTimeout=30 -o ServerAliveInterval=15 -o ServerAliveCountMax=2',
    ...(location.username === '' ? ['-o User=git'] : []),
  ];
  const passphrase = entry(secret, 'password');
  const env: Record<string, string> = { GIT_SSH_VARIANT: 'ssh' };
  if (passphrase === undefined) {
    options.push('-o BatchMode=yes');
  } else {
    const ask = await files.write('askpass', Buffer.from('#!/bin/sh\nprintf \'%s\\n\' "$CARTO_PASSPHRASE"\n'), 0o700);
    Object.assign(env, { SSH_ASKPASS: ask, SSH_ASKPASS_REQUIRE: 'force', CARTO_PASSPHRASE: passphrase.toString() });
  }
  env['GIT_SSH_COMMAND'] = `${quote(sshProgram)} ${options.join(' ')}`;
  return { env, secrets: secretTexts(secret), close: () => files.remove() };
}

/** git reads GIT_SSH_COMMAND with a shell, so the paths in it (ours, never a user's words) are quoted. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** OpenSSH refuses a key whose last line has no end, which is easily lost in a YAML string. */
function endWithNewline(key: Buffer): Buffer {
  return key.at(-1) === 0x0a ? key : Buffer.concat([key, Buffer.from('\n')]);
}

function entry(secret: SecretData, key: string): Buffer | undefined {
  const value = Object.hasOwn(secret, key) ? secret[key] : undefined;
  return value === undefined || value.length === 0 ? undefined : value;
}

/** Configuration by environment: git's way to keep it off the command line. */
function configEnvironment(config: readonly (readonly [string, string])[]): Record<string, string> {
  const env: Record<string, string> = { GIT_CONFIG_COUNT: String(config.length) };
  for (const [index, [key, value]] of config.entries()) {
    env[`GIT_CONFIG_KEY_${index}`] = key;
    env[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return env;
}

/** Files that only this user can read, in a folder made with the first of them. */
class TempFiles {
  readonly #parent: string;
  #folder: string | undefined;

  private constructor(parent: string) {
    this.#parent = parent;
  }

  static async create(parent: string): Promise<TempFiles> {
    await mkdir(parent, { recursive: true, mode: 0o700 });
    return new TempFiles(parent);
  }

  async write(name: string, content: Buffer, mode = 0o600): Promise<string> {
    this.#folder ??= await mkdtemp(join(this.#parent, 'auth-'));
    const path = join(this.#folder, name);
    await writeFile(path, content, { mode, flag: 'wx' });
    return path;
  }

  async remove(): Promise<void> {
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
  }
}
