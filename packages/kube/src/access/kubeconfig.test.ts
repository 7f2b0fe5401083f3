import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { createFakeClock, writeProgram } from '@cartographer/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClusterAccess, Credential } from '../transport/cluster-access.ts';
import { inClusterAccess } from './in-cluster.ts';
import type { KubeconfigOptions } from './kubeconfig.ts';
import { loadKubeconfig } from './kubeconfig.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n';
const KEY = '-----BEGIN PRIVATE KEY-----\nMII=\n-----END PRIVATE KEY-----\n';
const base64 = (text: string): string => Buffer.from(text).toString('base64');

let folder: string;
const clock = createFakeClock();
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'carto-kubeconfig-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, text);
  return path;
}

/** A whole kubeconfig with one context, from the lines of its cluster and user. */
const config = (cluster: string, user: string): string => `apiVersion: v1
kind: Config
current-context: dev
clusters:
- name: local
  cluster: {${cluster}}
users:
- name: me
  user: {${user}}
contexts:
- name: dev
  context: {cluster: local, user: me, namespace: team}
`;
const SERVER = 'server: "https://127.0.0.1:6443"';

async function load(text: string, options: Partial<KubeconfigOptions> = {}): Promise<ClusterAccess> {
  return loadKubeconfig({ env: {}, clock, path: await file('config', text), ...options });
}

async function credential(access: ClusterAccess): Promise<Credential> {
  return access.credentials.current();
}

async function problem(text: string, options: Partial<KubeconfigOptions> = {}): Promise<string> {
  const error: unknown = await load(text, options).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(Error);
  return (error as Error).message.replaceAll(folder, 'DIR');
}

describe('kubeconfig', () => {
  it('gives server, CA, namespace and token of the current context', async () => {
    const access = await load(
      config(`${SERVER}, certificate-authority-data: ${base64(PEM)}, tls-server-name: kube`, 'token: 00123'),
    );
    expect(access).toMatchObject({
      server: 'https://127.0.0.1:6443',
      caPem: PEM,
      tlsServerName: 'kube',
      namespace: 'team',
      context: 'dev',
    });
    expect((await credential(access)).authorization?.reveal()).toBe('Bearer 00123');
  });

  it('reads certificates from files beside the kubeconfig', async () => {
    await file('pki/ca.pem', PEM);
    await file('pki/me.pem', PEM);
    await file('pki/me.key', KEY);
    const access = await load(
      config(`${SERVER}, certificate-authority: pki/ca.pem`, 'client-certificate: pki/me.pem, client-key: pki/me.key'),
    );
    const { certificate, authorization } = await credential(access);
    expect([access.caPem, certificate?.certPem, certificate?.keyPem.reveal(), authorization]).toEqual([
      PEM,
      PEM,
      KEY,
      undefined,
    ]);
  });

  it('speaks basic authentication and no authentication', async () => {
    const basic = await credential(await load(config(SERVER, 'username: me, password: pw')));
    expect(basic.authorization?.reveal()).toBe(`Basic ${base64('me:pw')}`);
    expect(await credential(await load(config(SERVER, '')))).toEqual({});
  });

  it('reads a token file again, and keeps the last token while it cannot be read', async () => {
    const path = await file('token', 'one\n');
    const access = await load(config(SERVER, 'tokenFile: token'));
    const token = async (): Promise<string | undefined> => (await credential(access)).authorization?.reveal();
    expect(await token()).toBe('Bearer one');
    await writeFile(path, 'two');
    expect(await token()).toBe('Bearer one');
    await clock.advance(61_000);
    expect(await token()).toBe('Bearer two');
    await rm(path);
    access.credentials.refused();
    expect(await token()).toBe('Bearer two');
  });

  it('merges the files of KUBECONFIG: the first to say something wins, missing files are skipped', async () => {
    const first = await file('a', 'current-context: dev\nusers:\n- {name: me, user: {token: first}}\n');
    const second = await file('b', config(SERVER, 'token: second'));
    const KUBECONFIG = `${first}:${join(folder, 'missing')}:${second}`;
    const access = loadKubeconfig({ env: { KUBECONFIG }, clock });
    expect((await credential(access)).authorization?.reveal()).toBe('Bearer first');
  });

  it('falls back to ~/.kube/config, and takes another context when told to', async () => {
    const other = '- name: other\n  context: {cluster: local}\n';
    await file('.kube/config', config(SERVER, 'token: t') + other);
    const access = loadKubeconfig({ env: { HOME: folder }, clock, context: 'other' });
    expect(access).toMatchObject({ context: 'other', namespace: 'default' });
  });

  it('shows no secret, however it is printed', async () => {
    const access = await load(config(SERVER, 'token: s3cret'));
    const shown = [
      inspect(access, { depth: 9 }),
      JSON.stringify(await credential(access)),
      inspect(await credential(access)),
    ];
    expect(shown.join()).not.toContain('s3cret');
    expect(shown.join()).toContain('[redacted]');
  });

  it('names the file, the line and the next step when something is wrong', async () => {
    const cases: [string, string][] = [
      ['a: [', 'kubeconfig DIR/config:1: not valid YAML'],
      ['just text', 'kubeconfig DIR/config: not a kubeconfig: expected "clusters", "users" and "contexts"'],
      [
        '\nclusters: 5\ncurrent-context: x\ncontexts: [{name: x, context: {cluster: c}}]',
        'DIR/config:2: "clusters" must be a list',
      ],
      ['contexts:\n- name: a\n- nome: b\n', 'DIR/config:3: each of "contexts" needs a "name" and a "context"'],
      ['contexts:\n- {name: a, context: {}}\n', 'no current-context is set; choose one: there are a'],
      ['current-context: b\ncontexts:\n- {name: a, context: {}}\n', 'there is no context "b"; there are a'],
      ['current-context: a\ncontexts:\n- {name: a, context: {}}\n', 'DIR/config:3: context "a": it names no cluster'],
      [
        'current-context: a\ncontexts:\n- name: a\n  context:\n    cluster: c\n',
        'config:5: context "a": there is no cluster "c"',
      ],
      [config('', ''), 'DIR/config:5: cluster "local": it has no server; add "server: https://host:port"'],
      [config('server: "ftp://x"', ''), '"server" must be a URL like https://host:port'],
      [config('server: "https://u:p@x"', ''), '"server" must not contain a user or password'],
      [config(`${SERVER}, proxy-url: "http://p"`, ''), 'DIR/config:6: cluster "local": "proxy-url" cannot be used'],
      [config(`${SERVER}, insecure-skip-tls-verify: perhaps`, ''), '"insecure-skip-tls-verify" must be true or false'],
      [config(`${SERVER}, certificate-authority: no.pem`, ''), 'names DIR/no.pem, which cannot be read (ENOENT)'],
      [
        config(`${SERVER}, certificate-authority-data: AAAA`, ''),
        '"certificate-authority-data" is not a PEM in base64',
      ],
      [
        config(`${SERVER}, certificate-authority-data: ${base64(PEM)}, insecure-skip-tls-verify: true`, ''),
        'specifying a root certificates file with the insecure flag is not allowed',
      ],
      [config(SERVER, `client-key-data: ${base64(KEY)}`), 'there is a client-key without a client-certificate'],
      [config(SERVER, 'auth-provider: {name: gcp}'), 'DIR/config:9: user "me": "auth-provider" cannot be used'],
      [config(SERVER, 'as: admin'), 'impersonation is not supported'],
      [config(SERVER, 'token: "a\\nb"'), '"token" contains a line break'],
      [config(SERVER, 'exec: {command: x, apiVersion: v0}'), 'exec.apiVersion must be client.authentication.k8s.io/v1'],
      [
        'a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]',
        'too many YAML aliases',
      ],
      [
        '{"current-context": "__proto__", "contexts": []}',
        'there is no context "__proto__"; it has no contexts at all',
      ],
    ];
    for (const [text, expected] of cases) expect(await problem(text)).toContain(expected);
  });

  it('says where it looked when there is none', () => {
    const env = { HOME: folder };
    expect(() => loadKubeconfig({ env, clock })).toThrow(`found none at ${folder}/.kube/config; set KUBECONFIG`);
    expect(() => loadKubeconfig({ env, clock, path: '/no/such' })).toThrow(
      'kubeconfig /no/such: there is no such file',
    );
  });
});

describe('an exec plugin', () => {
  const V1 = 'client.authentication.k8s.io/v1';
  const plugin = (script: string): string => {
    const path = join(folder, 'plugin.sh');
    writeProgram(path, `#!/bin/sh\necho run >> ${folder}/runs\n${script}\n`);
    return path;
  };
  const user = (more = ''): string =>
    `exec: {apiVersion: ${V1}, command: ./plugin.sh, interactiveMode: Never, env: [{name: A, value: b}]${more}}`;
  const print = (status: object, apiVersion = V1): string =>
    `cat <<'END'\n${JSON.stringify({ apiVersion, kind: 'ExecCredential', status })}\nEND`;
  const env = { PATH: process.env['PATH'] };

  it('is run once until its credential expires or is refused', async () => {
    const expirationTimestamp = new Date(clock.now() + 60_000).toISOString();
    plugin(print({ token: 'from-plugin', expirationTimestamp }));
    const access = await load(config(SERVER, user()), { env });
    const token = async (): Promise<string | undefined> => (await credential(access)).authorization?.reveal();
    const runs = async (): Promise<number> => {
      const { readFile } = await import('node:fs/promises');
      return (await readFile(join(folder, 'runs'), 'utf8')).trim().split('\n').length;
    };
    expect(await Promise.all([token(), token()])).toEqual(['Bearer from-plugin', 'Bearer from-plugin']);
    expect(await token()).toBe('Bearer from-plugin');
    expect(await runs()).toBe(1);
    access.credentials.refused();
    await token();
    expect(await runs()).toBe(1);
    await clock.advance(2_000);
    access.credentials.refused();
    await token();
    expect(await runs()).toBe(2);
    await clock.advance(60_000);
    await token();
    expect(await runs()).toBe(3);
  });

  it('gets its variables and the cluster, and may give a certificate', async () => {
    plugin(`echo "$KUBERNETES_EXEC_INFO|$A" > ${folder}/info
${print({ clientCertificateData: PEM, clientKeyData: KEY })}`);
    const access = await load(config(SERVER, user(', provideClusterInfo: true')), { env });
    const { certificate, authorization } = await credential(access);
    expect([certificate?.certPem, certificate?.keyPem.reveal(), authorization]).toEqual([PEM, KEY, undefined]);
    const { readFile } = await import('node:fs/promises');
    const [info = '', variable] = (await readFile(join(folder, 'info'), 'utf8')).trim().split('|');
    expect(variable).toBe('b');
    expect(JSON.parse(info)).toEqual({
      apiVersion: V1,
      kind: 'ExecCredential',
      spec: { cluster: { server: 'https://127.0.0.1:6443' }, interactive: false },
    });
  });

  it('fails with a text that helps and never shows what it printed', async () => {
    const cases: [string, string][] = [
      ['echo s3cret', 'it printed something that is not JSON'],
      [`echo '{"kind":"s3cret"}'`, 'it did not print an ExecCredential'],
      [
        print({ token: 's3cret' }, 'client.authentication.k8s.io/v1beta1'),
        'plugin returned version client.authentication.k8s.io/v1beta1',
      ],
      [print({}), "it didn't return a token or cert/key pair"],
      [print({ clientKeyData: 's3cret' }), 'it returned only certificate or key, not both'],
      ['echo please log in >&2; exit 3', 'it ended with exit code 3: please log in'],
    ];
    for (const [script, expected] of cases) {
      plugin(script);
      const access = await load(config(SERVER, user()), { env });
      const error = await credential(access).catch((caught: unknown) => caught);
      expect((error as Error).message).toContain(expected);
      expect((error as Error).message).not.toContain('s3cret');
    }
  });

  it('says how to install what is not there, and that it needs a terminal', async () => {
    const missing = `exec: {apiVersion: ${V1}, command: no-such-plugin, interactiveMode: Never, installHint: get it at x}`;
    await expect(credential(await load(config(SERVER, missing), { env }))).rejects.toThrow(
      'credential plugin no-such-plugin: it cannot be started (no such program); get it at x',
    );
    const always = `exec: {apiVersion: ${V1}, command: x, interactiveMode: Always}`;
    await expect(credential(await load(config(SERVER, always)))).rejects.toThrow('it needs a terminal');
  });
});

describe('in-cluster access', () => {
  it('reads what the kubelet mounts', async () => {
    await file('sa/token', 'pod-token');
    await file('sa/ca.crt', PEM);
    await file('sa/namespace', 'carto-system');
    const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
    const access = inClusterAccess({ env, clock, folder: join(folder, 'sa') });
    expect(access).toMatchObject({ server: 'https://[fd00::1]:443', namespace: 'carto-system', caPem: PEM.trim() });
    expect((await credential(access)).authorization?.reveal()).toBe('Bearer pod-token');
  });

  it('says when this is no pod, or no account is mounted', () => {
    expect(() => inClusterAccess({ env: {}, clock })).toThrow('not in a pod');
    const env = { KUBERNETES_SERVICE_HOST: 'h', KUBERNETES_SERVICE_PORT: '1' };
    expect(() => inClusterAccess({ env, clock, folder })).toThrow(`${folder}/ca.crt: cannot be read`);
  });
});
