import { Buffer } from 'node:buffer';
import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { Secret } from '@cartographer/machinery';
import { afterEach, describe, expect, it } from 'vitest';
import type { RegistryLogin } from '../access/docker-config.ts';
import { digestOf } from '../content/digest.ts';
import { mediaTypes } from '../content/media-types.ts';
import {
  answerWith,
  createRegistryStage,
  type Play,
  type PlayedRegistry,
  refuseWith,
} from '../testing/played-registry.ts';
import { challengeIn } from './challenge.ts';
import type { Repository } from './registry-client.ts';

const { signal } = new AbortController();
const stage = createRegistryStage();
afterEach(() => stage.close());

const login = (username: string): RegistryLogin => ({ username, password: new Secret('hush') });
const basic = (username: string): string => `Basic ${Buffer.from(`${username}:hush`).toString('base64')}`;
const found = (response: ServerResponse): void => {
  const headers = {
    'content-type': mediaTypes.manifest,
    'content-length': '2',
    'docker-content-digest': digestOf('{}'),
  };
  response.writeHead(200, headers).end();
};

/** A registry with a token server of its own, which takes some users. */
async function playTokens(options: {
  readonly takes: (authorization: string | undefined) => boolean;
  readonly token?: (response: ServerResponse, count: number) => void;
  readonly allows?: (authorization: string) => number;
  readonly scope?: string;
}): Promise<PlayedRegistry> {
  const { takes, token, allows = () => 200, scope } = options;
  let tokens = 0;
  const registry: PlayedRegistry = await stage.play((request, response, line) => {
    const { authorization } = request.headers;
    if (line.startsWith('GET /token')) {
      tokens += 1;
      if (!takes(authorization)) refuseWith(response, 401, 'UNAUTHORIZED');
      else if (token === undefined) answerWith(response, { token: `t${tokens}-${authorization?.length ?? 0}` });
      else token(response, tokens);
      return;
    }
    const status = authorization?.startsWith('Bearer ') === true ? allows(authorization) : 401;
    if (status === 200) found(response);
    else {
      const more = scope === undefined ? '' : `,scope="${scope}"`;
      const challenge = `Bearer realm="http://${registry.host}/token",service="the service"${more}`;
      refuseWith(response, status, 'DENIED', status === 401 ? { 'www-authenticate': challenge } : {});
    }
  });
  return registry;
}

function open(registry: PlayedRegistry, logins: readonly RegistryLogin[] = []): Repository {
  return stage.client([registry]).repository({ registry: registry.host, repository: 'team/app' }, logins);
}

describe('a registry with tokens', () => {
  it('is asked with one, which is kept while it is good', async () => {
    const registry = await playTokens({ takes: (authorization) => authorization === basic('a') });
    const repository = open(registry, [login('a')]);
    await repository.resolve('v1', signal);
    await repository.resolve('v2', signal);
    expect(registry.seen).toEqual([
      { line: 'HEAD /v2/team/app/manifests/v1', authorization: undefined },
      {
        line: 'GET /token?service=the+service&scope=repository%3Ateam%2Fapp%3Apull',
        authorization: basic('a'),
      },
      { line: 'HEAD /v2/team/app/manifests/v1', authorization: `Bearer t1-${basic('a').length}` },
      { line: 'HEAD /v2/team/app/manifests/v2', authorization: `Bearer t1-${basic('a').length}` },
    ]);
  });

  it('is asked for one without a login, too, and for the scope that it names', async () => {
    const registry = await playTokens({
      takes: (sent) => sent === undefined,
      scope: 'repository:mirror/team/app:pull',
    });
    await open(registry).resolve('v1', signal);
    expect(registry.lines()[1]).toBe('GET /token?service=the+service&scope=repository%3Amirror%2Fteam%2Fapp%3Apull');
  });

  it('does not widen what a token is for beyond repositories', async () => {
    const registry = await playTokens({ takes: () => true, scope: 'registry:catalog:*' });
    await open(registry).resolve('v1', signal);
    expect(registry.lines()[1]).toContain('scope=repository%3Ateam%2Fapp%3Apull');
  });

  it('gets a new one when it says that the old one is not good any more, and when its time is over', async () => {
    const good = new Set(['Bearer t1', 'Bearer t2', 'Bearer t3']);
    const registry = await playTokens({
      takes: () => true,
      token: (response, count) => answerWith(response, { access_token: `t${count}`, expires_in: 100 }),
      allows: (authorization) => (good.has(authorization) ? 200 : 401),
    });
    const clock = { nowMs: 0 };
    const client = stage.client([registry], {
      clock: {
        now: () => clock.nowMs,
        monotonicMs: () => clock.nowMs,
        schedule: () => () => undefined,
        sleep: () => Promise.resolve(),
      },
    });
    const repository = client.repository({ registry: registry.host, repository: 'app' });
    const tokens = (): number => registry.lines().filter((line) => line.startsWith('GET /token')).length;
    await repository.resolve('v1', signal);
    clock.nowMs = 89_999;
    await repository.resolve('v1', signal);
    expect(tokens()).toBe(1);
    clock.nowMs = 90_000;
    await repository.resolve('v1', signal);
    expect(tokens()).toBe(2);
    good.delete('Bearer t2');
    await repository.resolve('v1', signal);
    expect(tokens()).toBe(3);
  });

  it('is tried with each login in turn', async () => {
    const registry = await playTokens({ takes: (sent) => sent === basic('b') || sent === basic('c') });
    await open(registry, [login('a'), login('b'), login('c')]).resolve('v1', signal);
    expect(registry.seen.map(({ authorization }) => authorization).filter((sent) => sent?.startsWith('Basic'))).toEqual(
      [basic('a'), basic('b')],
    );
  });

  it.each([403, 404])('is tried with the next login when one may not see the image: %i', async (status) => {
    const registry = await playTokens({
      takes: () => true,
      token: (response, count) => answerWith(response, { token: `t${count}` }),
      allows: (authorization) => (authorization === 'Bearer t2' ? 200 : status),
    });
    const repository = open(registry, [login('a'), login('b')]);
    await repository.resolve('v1', signal);
    await repository.resolve('v1', signal);
    expect(registry.lines().filter((line) => line.startsWith('GET /token'))).toHaveLength(2);
    await expect(open(registry, [login('a')]).resolve('v1', signal)).rejects.toMatchObject({ status });
  });

  it('does not log in anew for what is not there', async () => {
    let status = 200;
    const registry = await playTokens({ takes: () => true, allows: () => status });
    const repository = open(registry, [login('a')]);
    await repository.resolve('v1', signal);
    status = 404;
    await expect(repository.resolve('v2', signal)).rejects.toMatchObject({ reason: 'NotFound' });
    expect(registry.lines().slice(3)).toEqual(['HEAD /v2/team/app/manifests/v2']);
  });

  it('sees nothing more of a login that it did not take', async () => {
    const registry = await playTokens({ takes: () => true, allows: () => 401 });
    const repository = open(registry, [login('a')]);
    for (const tag of ['v1', 'v2'])
      await expect(repository.resolve(tag, signal)).rejects.toMatchObject({ status: 401 });
    expect(registry.seen[3]).toEqual({ line: 'HEAD /v2/team/app/manifests/v2', authorization: undefined });
  });

  it('does not keep us busy when it says 401 for ever', async () => {
    const registry = await playTokens({ takes: () => true, allows: () => 401 });
    const logins = Array.from({ length: 50 }, (_, at) => login(`u${at}`));
    await expect(open(registry, logins).resolve('v1', signal)).rejects.toMatchObject({
      reason: 'Unauthorized',
      message: `${registry.host} answered 401 for manifest v1 of ${registry.host}/team/app; check the login for it`,
    });
    expect(registry.lines()).toHaveLength(1 + 2 * 10);
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['no JSON', (response) => answerWith(response, 'SECRET-TEXT')],
    ['no token', (response) => answerWith(response, { expires_in: 60 })],
    ['a token that breaks a header', (response) => answerWith(response, { token: 'a\r\nx-other: SECRET-TEXT' })],
    ['an answer without end', (response) => answerWith(response, { token: 'x'.repeat(300_000) })],
  ])('that answers with %s is told, and nothing of what it said', async (_name, token) => {
    const registry = await playTokens({ takes: () => true, token });
    const error = await open(registry)
      .resolve('v1', signal)
      .catch((thrown: Error) => thrown);
    expect(error).toMatchObject({
      reason: 'Misbehaved',
      message: `${registry.host} answers with something else for a token for ${registry.host}/team/app`,
    });
    expect(inspect(error)).not.toContain('SECRET-TEXT');
  });

  it('whose token server fails for a while is asked again', async () => {
    const registry = await playTokens({
      takes: () => true,
      token: (response, count) =>
        count === 1
          ? refuseWith(response, 429, 'TOOMANYREQUESTS', { 'retry-after': '3' })
          : answerWith(response, { token: 't' }),
    });
    await open(registry).resolve('v1', signal);
    expect(stage.waits).toEqual([3_000]);
  });
});

describe('a registry with logins', () => {
  const taking =
    (username: string): Play =>
    (request, response) =>
      request.headers.authorization === basic(username)
        ? found(response)
        : refuseWith(response, 401, 'UNAUTHORIZED', { 'www-authenticate': 'Basic realm="here"' });

  it('is asked with one only when it asks for it, then always', async () => {
    const registry = await stage.play(taking('b'));
    const repository = open(registry, [login('a'), login('b')]);
    await repository.resolve('v1', signal);
    await repository.resolve('v1', signal);
    expect(registry.seen.map(({ authorization }) => authorization)).toEqual([
      undefined,
      basic('a'),
      basic('b'),
      basic('b'),
    ]);
  });

  it('and none for it ends at once', async () => {
    const registry = await stage.play(taking('a'));
    await expect(open(registry).resolve('v1', signal)).rejects.toMatchObject({ reason: 'Unauthorized' });
    expect(registry.lines()).toHaveLength(1);
  });

  it('shares no login with another repository of the same client', async () => {
    const registry = await stage.play(taking('a'));
    const client = stage.client([registry]);
    const name = { registry: registry.host, repository: 'app' };
    await client.repository(name, [login('a')]).resolve('v1', signal);
    await expect(client.repository(name).resolve('v1', signal)).rejects.toMatchObject({ reason: 'Unauthorized' });
  });
});

describe('the challenge of a registry', () => {
  const bearer = (realm: string, service = '', scope = ''): object => ({ kind: 'bearer', realm, service, scope });
  it.each<[readonly string[], object | undefined]>([
    [['Basic realm="x"'], { kind: 'basic' }],
    [['basic'], { kind: 'basic' }],
    [
      ['Bearer realm="https://a/b",service="s",scope="repository:a/b:pull,push"'],
      bearer('https://a/b', 's', 'repository:a/b:pull,push'),
    ],
    [['Bearer Realm=https://a , scope="x"'], bearer('https://a', '', 'x')],
    [['bearer realm="a\\"b"'], bearer('a"b')],
    [['Basic realm="x", Bearer realm="y"'], bearer('y')],
    [['Basic realm="x"', 'Bearer realm="y"'], bearer('y')],
    [['Negotiate, Basic realm="x"'], { kind: 'basic' }],
    [['Negotiate abc==', 'Basic realm="x"'], { kind: 'basic' }],
    [['Bearer service="s"'], undefined],
    [['Digest realm="x"'], undefined],
    [['"', ''], undefined],
    [[], undefined],
    [[`Bearer realm="${'x'.repeat(9_000)}"`], undefined],
  ])('%j is read', (headers, expected) => {
    expect(challengeIn(headers)).toEqual(expected);
  });
});
