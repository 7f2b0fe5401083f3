import { Buffer } from 'node:buffer';
import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { writeProgram } from '@cartographer/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createReconcilerFixture, gitRepository, type ReconcilerFixture } from '../testing/reconciler.ts';
import { type GitHttpServer, makeTempFolder, RepositoryFixture, startGitHttpServer } from '../testing/repository.ts';

const KEY = 'default/app';
let temp: Awaited<ReturnType<typeof makeTempFolder>>;
let repository: RepositoryFixture;
let fixture: ReconcilerFixture;
let server: GitHttpServer | undefined;

beforeEach(async () => {
  temp = await makeTempFolder();
  repository = await RepositoryFixture.create(join(temp.path, 'app.git'));
  await repository.commit('x', { a: '1' });
  fixture = createReconcilerFixture(temp.path);
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await temp.remove();
});

const ready = (): string => fixture.status(KEY).conditions?.find(({ type }) => type === 'Ready')?.message ?? '';
function putSecret(data: Readonly<Record<string, string>>): void {
  const encoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  fixture.put({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: 'default', name: 'creds' },
    data: Object.fromEntries(encoded),
  });
}
function put(url: string, withSecret = true): void {
  const secretRef = withSecret ? { secretRef: { name: 'creds' } } : {};
  fixture.put(gitRepository('app', { url, ref: { branch: 'main' }, ...secretRef }));
}
/** Demands an `authorization` header. */
async function startGuarded(wanted: string): Promise<GitHttpServer> {
  server = await startGitHttpServer(temp.path, (request: IncomingMessage, response: ServerResponse) => {
    if (request.headers.authorization === wanted) return false;
    response.writeHead(401, { 'www-authenticate': 'Basic realm="git"', 'content-type': 'text/plain' }).end();
    return true;
  });
  return server;
}

describe('credentials over HTTP', () => {
  const basic = `Basic ${Buffer.from('dev:pa:ss').toString('base64')}`;

  it('are a user name and a password of the secret', async () => {
    const { url } = await startGuarded(basic);
    putSecret({ username: 'dev', password: 'pa:ss' });
    put(`${url}/app.git`);
    await fixture.reconcile(KEY);
    expect(ready()).toMatch(/^stored artifact/);
  });

  it('are a bearer token of the secret', async () => {
    const { url } = await startGuarded('Bearer t0ken');
    putSecret({ bearerToken: 't0ken' });
    put(`${url}/app.git`);
    await fixture.reconcile(KEY);
    expect(ready()).toMatch(/^stored artifact/);
  });

  it('may stand in the URL, and no condition or event shows them', async () => {
    const { url } = await startGuarded(basic);
    put(`${url.replace('//', '//dev:pa%3Ass@')}/app.git`, false);
    await fixture.reconcile(KEY);
    expect(ready()).toMatch(/^stored artifact/);
    fixture.edit(KEY, { url: `${url.replace('//', '//dev:wrong@')}/app.git` });
    await fixture.reconcile(KEY);
    expect(ready()).toContain("'http://xxxxx@127.0.0.1");
    expect(JSON.stringify([fixture.status(KEY), fixture.events])).not.toContain('wrong');
  });

  it('in a URL are taken as git takes them when they hold a percent sign', async () => {
    const { url } = await startGuarded(`Basic ${Buffer.from('dev:100% s').toString('base64')}`);
    put(`${url.replace('//', '//dev:100%%20s@')}/app.git`, false);
    await fixture.reconcile(KEY);
    expect(ready()).toMatch(/^stored artifact/);
  });

  it.each([
    'http://HOST_IS/dev:100%hunter2@no:port/app.git',
    'http://dev:100%hunter2@HOST/app.git',
    'http://dev:100%hu/nter2@HOST/app.git',
    'http://hunter2-token@HOST/app.git',
    'http://hunter2-token:x-oauth-basic@HOST/app.git',
    'http://HOST/app.git?private_token=hunter2',
    'gopher://dev:hunter2@HOST/app.git',
    'hunter2:x-oauth-basic@HOST/app.git',
  ])('stay hidden in %s', async (form) => {
    const { url } = await startGuarded(basic);
    put(form.replace('HOST', new URL(url).host), false);
    await fixture.reconcile(KEY);
    expect(ready()).toMatch(/^failed to /);
    expect(JSON.stringify([fixture.status(KEY), fixture.events])).not.toMatch(/hunter2|nter2/);
  });

  it.each<Readonly<Record<string, string>>>([
    { username: 'dev', password: 'hunter2%' },
    { username: 'hunter2-token', password: 'hunter2%' },
    { bearerToken: 'hunter2-token' },
  ])('stay hidden when the server says them back: %j', async (secret) => {
    server = await startGitHttpServer(temp.path, (request, response) => {
      const [, sent = ''] = request.headers.authorization?.split(' ') ?? [];
      const said = `no access with ${sent}, ${Object.values(secret).join()}, ${encodeURIComponent(secret['password'] ?? '')}`;
      response.writeHead(403, { 'content-type': 'text/plain' }).end(said);
      return true;
    });
    putSecret(secret);
    put(`${server.url}/app.git`);
    await fixture.reconcile(KEY);
    expect(ready()).toContain('no access with xxxxx');
    const shown = JSON.stringify([fixture.status(KEY), fixture.events]);
    expect(shown).not.toContain('hunter2');
    expect(shown).not.toContain(Buffer.from('hunter2').toString('base64').slice(0, 8));
  });

  it('that are wrong or missing end as GitOperationFailed with what to look at, and heal', async () => {
    const { url } = await startGuarded(basic);
    putSecret({ username: 'dev', password: 'old' });
    put(`${url}/app.git`);
    expect(await fixture.reconcile(KEY)).toEqual({ kind: 'retry' });
    expect(ready()).toBe(
      `failed to checkout and determine revision: unable to clone '${url}/app.git': authentication required: the server wants other credentials; check spec.secretRef`,
    );
    putSecret({ username: 'dev', password: 'pa:ss' });
    await fixture.reconcile(KEY);
    expect(ready()).toMatch(/^stored artifact/);
  });

  it('do not follow a redirect to another host', async () => {
    const other = await startGitHttpServer(temp.path);
    server = await startGitHttpServer(temp.path, (request, response) => {
      response.writeHead(302, { location: `${other.url.replace('127.0.0.1', 'localhost')}${request.url}` }).end();
      return true;
    });
    putSecret({ username: 'dev', password: 'pa:ss' });
    put(`${server.url}/app.git`);
    await fixture.reconcile(KEY);
    expect(server.authorizations[0]).toBe(basic);
    expect(other.authorizations.every((value) => value === undefined)).toBe(true);
    expect(ready()).toContain('not followed, because credentials would go along; set spec.url to where it leads');
    await other.close();
  });

  it.each([
    [{ password: 'x' }, "invalid 'http' auth option: 'password' requires 'username' to be set"],
    [{ bearerToken: 'a\nb' }, 'credentials must not hold line breaks'],
  ])('of the form %j are refused as AuthenticationFailed', async (data, message) => {
    putSecret(data);
    put('http://127.0.0.1:1/app.git');
    await fixture.reconcile(KEY);
    expect(ready()).toBe(`failed to configure authentication options: ${message}`);
    expect(fixture.events.at(-1)).toContain('Warning AuthenticationFailed');
  });
});

describe('credentials over SSH', () => {
  /** Stands in for ssh: notes how it was called, and serves the repository locally. */
  function fakeSsh(): string {
    const program = join(temp.path, 'fake ssh');
    const script = [
      '#!/bin/sh',
      `echo "$*" > ${temp.path}/args`,
      `env > ${temp.path}/env`,
      'while [ "$1" ]; do case "$1" in -i) identity="$2"; cp "$2" ' +
        `${temp.path}/identity; stat -c %a "$2" > ${temp.path}/mode;; esac; last="$1"; shift; done`,
      `case "$last" in *app.git*) exec git-upload-pack ${repository.path};; esac`,
      'echo "git@host: Permission denied (publickey)." >&2; exit 255',
    ];
    writeProgram(program, `${script.join('\n')}\n`);
    return program;
  }

  it('are an identity and known hosts, in files that only the user can read and that are gone afterwards', async () => {
    fixture = createReconcilerFixture(temp.path, { sshProgram: fakeSsh() });
    putSecret({ identity: 'PRIVATE KEY', known_hosts: 'host ssh-ed25519 AAAA', password: 'phrase' });
    put('ssh://host/app.git');
    await fixture.reconcile(KEY);
    expect(ready()).toMatch(/^stored artifact/);
    expect(await readFile(join(temp.path, 'identity'), 'utf8')).toBe('PRIVATE KEY\n');
    expect(await readFile(join(temp.path, 'mode'), 'utf8')).toBe('600\n');
    const args = await readFile(join(temp.path, 'args'), 'utf8');
    expect(args).toContain('StrictHostKeyChecking=yes');
    expect(args).toContain('User=git');
    expect(args).not.toMatch(/PRIVATE|phrase/);
    expect(await readFile(join(temp.path, 'env'), 'utf8')).toContain('SSH_ASKPASS_REQUIRE=force');
    expect(await readdir(join(temp.path, 'work/auth'))).toEqual([]);
  });

  it('that the server refuses say which field to look at', async () => {
    fixture = createReconcilerFixture(temp.path, { sshProgram: fakeSsh() });
    putSecret({ identity: 'KEY', known_hosts: 'host ssh-ed25519 AAAA' });
    put('ssh://git@host/other.git');
    await fixture.reconcile(KEY);
    expect(ready()).toContain(
      'unable to authenticate, the server accepts [publickey]; check the identity in the secret',
    );
  });

  it('have to be given, as in Flux', async () => {
    put('ssh://git@host/app.git', false);
    await fixture.reconcile(KEY);
    expect(ready()).toBe(
      "failed to configure authentication options: invalid 'ssh' auth option: 'identity' is required",
    );
    putSecret({ identity: 'KEY' });
    fixture.edit(KEY, { secretRef: { name: 'creds' } });
    await fixture.reconcile(KEY);
    expect(ready()).toContain("'known_hosts' is required");
  });
});

describe('a server', () => {
  it('that accepts and then says nothing is given up at the deadline', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => {
      silent.listen(0, '127.0.0.1', resolve);
    });
    const connected = new Promise((resolve) => {
      silent.once('connection', resolve);
    });
    const { port } = silent.address() as { port: number };
    put(`http://127.0.0.1:${port}/app.git`, false);
    const result = fixture.reconcile(KEY);
    await connected;
    await fixture.clock.advance(20_000);
    await result;
    expect(ready()).toContain('context deadline exceeded after 20s; raise spec.timeout');
    silent.close();
  });

  it.each([
    [403, 'authorization failed: '],
    [500, 'status code: 500'],
  ])('that answers %d is quoted', async (status, text) => {
    server = await startGitHttpServer(temp.path, (_request, response) => {
      response.writeHead(status).end();
      return true;
    });
    put(`${server.url}/app.git`, false);
    await fixture.reconcile(KEY);
    expect(ready()).toContain(text);
  });

  it('that sends no git is told apart from a repository', async () => {
    server = await startGitHttpServer(temp.path, (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>hello</html>');
      return true;
    });
    put(`${server.url}/app.git`, false);
    await fixture.reconcile(KEY);
    expect(fixture.status(KEY).conditions?.map(({ type }) => type)).toEqual(['Reconciling', 'Ready', 'FetchFailed']);
    expect(fixture.status(KEY).artifact).toBeUndefined();
  });

  it('serves submodules that are its own, and none that are files of this machine', async () => {
    const part = await RepositoryFixture.create(join(temp.path, 'part.git'));
    await part.commit('part', { p: '1' });
    await repository.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', '../part.git', 'part');
    await repository.commit('y', {});
    server = await startGitHttpServer(temp.path);
    fixture.put(
      gitRepository('app', { url: `${server.url}/app.git/.git`, ref: { branch: 'main' }, recurseSubmodules: true }),
    );
    await fixture.reconcile(KEY);
    // Relative to …/app.git/.git, `../part.git` is …/app.git/part.git, which is not there.
    expect(ready()).toContain(
      `submodule 'part': unable to clone '${server.url}/app.git/part.git': repository not found`,
    );

    await repository.git('config', '-f', '.gitmodules', 'submodule.part.url', '../../part.git/.git');
    await repository.commit('z', {});
    await fixture.reconcile(KEY);
    expect(ready()).toMatch(/^stored artifact/);

    await repository.git('config', '-f', '.gitmodules', 'submodule.part.url', part.path);
    await repository.commit('evil', {});
    await fixture.reconcile(KEY);
    expect(ready()).toContain('is refused');
  });
});
