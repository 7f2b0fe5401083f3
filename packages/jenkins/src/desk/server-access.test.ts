import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiError, systemClock } from '@cartographer/kube';
import { failure, type KubeObject } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { base64 } from '../controller/testing/jenkins-stage.ts';
import type { Server } from '../kinds/read.ts';
import { ServerAccess, type ServerAccessOptions } from './server-access.ts';

const { signal } = new AbortController();
const how = { turn: () => Promise.resolve(), mayChange: () => true };

/** A cluster with one Secret; namespace `closed` may not be read. */
function clusterWith(data: Readonly<Record<string, string>>): ServerAccessOptions['client'] {
  return {
    get(_type, { name, ...where }): Promise<KubeObject> {
      const namespace = 'namespace' in where ? where.namespace : undefined;
      if (namespace === 'closed') return Promise.reject(new ApiError(failure(403, 'Forbidden', 'no')));
      const encoded = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, base64(value)]));
      return Promise.resolve({ apiVersion: 'v1', kind: 'Secret', metadata: { name, uid: '1' }, data: encoded });
    },
  };
}

const spec = (url: string, more: Partial<Server> = {}): Server => ({
  kind: 'JenkinsServer',
  name: 'ci',
  url,
  pollInterval: '5s',
  requestsPerSecond: 10,
  environment: 'None',
  ...more,
});

async function reached(
  url: string,
  options: Partial<ServerAccessOptions> = {},
  more: Partial<Server> = {},
): Promise<string> {
  const { host } = new URL(url);
  const access = new ServerAccess({
    client: clusterWith({ username: 'bot', apiToken: 'token' }),
    clock: systemClock,
    namespace: 'cartographer-system',
    serverHosts: [host],
    destinations: { allowed: [host], plainHttp: [host] },
    ...options,
  });
  try {
    const opened = await access.open('ci', spec(url, more), how, signal);
    if (opened.kind === 'refused') return `${opened.reason}: ${opened.message}`;
    const answer = await opened.client.server(signal);
    return answer.kind === 'trouble' ? `${answer.reason}: ${answer.message}` : JSON.stringify(answer);
  } finally {
    await access.close();
  }
}

async function serving<T>(server: NetServer, use: (port: number) => Promise<T>): Promise<T> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use((server.address() as AddressInfo).port);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

const answering = (seen: IncomingMessage[]) => (request: IncomingMessage, response: ServerResponse) => {
  seen.push(request);
  response.setHeader('x-jenkins', '2.440').end('{"mode":"NORMAL"}');
};

describe('the way to a server', () => {
  it('is one that the operator named, with the login of the Secret, below the path of the URL', async () => {
    const seen: IncomingMessage[] = [];
    await serving(createServer(answering(seen)), async (port) => {
      const url = `http://127.0.0.1:${port}/ci/`;
      expect(await reached(url, {}, { secret: { namespace: 'a', name: 'login' } })).toBe(
        '{"kind":"ok","value":"2.440"}',
      );
      expect([seen[0]?.url, seen[0]?.headers.authorization]).toEqual([
        '/ci/api/json?tree=mode',
        `Basic ${base64('bot:token')}`,
      ]);
      expect(await reached(url, { serverHosts: ['other.example.com'] })).toContain(
        'HostNotAllowed: no Jenkins is asked at 127.0.0.1',
      );
      expect(await reached(url, { destinations: { plainHttp: [`127.0.0.1:${port}`] } })).toContain(
        'DestinationRefused: 127.0.0.1',
      );
      expect(seen.length).toBe(1);
    });
  });

  it('is not gone by a Secret that may not be read, has no login, or one that no header takes', async () => {
    const of = (data: Readonly<Record<string, string>>, namespace = 'a'): Promise<string> =>
      reached('https://127.0.0.1:1', { client: clusterWith(data) }, { secret: { namespace, name: 'login' } });
    expect(await of({}, 'closed')).toBe(
      'CredentialsMissing: Secret closed/login may not be read: kubectl -n closed create rolebinding cartographer-jenkins-secrets --clusterrole=cartographer-jenkins-secrets --serviceaccount=cartographer-system:cartographer-jenkins',
    );
    expect(await of({ username: 'bot' })).toContain('has no username, or neither apiToken nor password');
    expect(await of({ username: 'b:t', password: 'x' })).toContain('characters that no login takes');
    expect(await of({ username: 'bot', apiToken: 'x\r\ny' })).toContain('characters that no login takes');
  });

  it('is not gone where nobody answers', async () => {
    const port = await serving(createServer(), (free) => Promise.resolve(free));
    expect(await reached(`http://127.0.0.1:${port}`)).toContain(
      `ServerUnavailable: 127.0.0.1:${port}: connect ECONNREFUSED`,
    );
  });

  it('is one by TLS to a certificate that is trusted: by the system, or by `caBundle`', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'carto-tls-'));
    try {
      const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
      const subject = ['-subj', '/CN=ci', '-addext', 'subjectAltName=IP:127.0.0.1'];
      execFileSync(
        'openssl',
        ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert, ...subject],
        { stdio: 'ignore' },
      );
      const pair = { key: readFileSync(key), cert: readFileSync(cert) };
      await serving(createTlsServer(pair, answering([])), async (port) => {
        const url = `https://127.0.0.1:${port}`;
        expect(await reached(url)).toMatch(/^TlsFailed: 127\.0\.0\.1:\d+: self-signed certificate/);
        expect(await reached(url, {}, { caBundle: pair.cert.toString('base64') })).toBe(
          '{"kind":"ok","value":"2.440"}',
        );
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
