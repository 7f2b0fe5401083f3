import { Buffer } from 'node:buffer';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseReference } from '../content/reference.ts';
import { loginsFor, parseDockerConfigJson, parseDockercfg } from './docker-config.ts';

const auth = (user: string): object => ({ auth: Buffer.from(`${user}:p:w`).toString('base64') });

/** Who would log in for an image, in order. */
function usersFor(image: string, ...configs: readonly (readonly string[])[]): readonly string[] {
  const parsed = parseReference(image);
  if (parsed.kind === 'refused') throw new Error(parsed.message);
  const read = configs.map((keys) =>
    parseDockerConfigJson(JSON.stringify({ auths: Object.fromEntries(keys.map((key) => [key, auth(key)])) })),
  );
  return loginsFor(read, parsed.reference).map(({ username }) => username);
}

describe('pull secrets', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ['r.example/team/app', ['r.example'], ['r.example']],
    ['r.example/team/app', ['https://r.example'], ['https']],
    ['r.example/team/app', ['other.example', 'r.example:5000', 'example'], []],
    ['r.example:5000/app', ['r.example:5000', 'r.example'], ['r.example']],
    ['R.example/app', ['r.EXAMPLE'], ['r.EXAMPLE']],
    ['r.example/team/app', ['r.example/v1/', 'r.example/v2/'], ['r.example/v1/', 'r.example/v2/']],
    [
      'r.example/team/app',
      ['r.example', 'r.example/team', 'r.example/team/app'],
      ['r.example/team/app', 'r.example/team', 'r.example'],
    ],
    ['r.example/team/app', ['r.example/other', 'r.example/team/app/more', 'r.example/team/'], ['r.example/team/']],
    ['r.example/team-b/app', ['r.example/team'], ['r.example/team']], // a prefix of the text, as the kubelet has it
    [
      'a.b.example/app',
      ['*.b.example', 'a.*.example', '*.*.*', 'a.b.*', '*.example'],
      ['a.b.*', 'a.*.example', '*.b.example', '*.*.*'],
    ],
    [
      'prefix-r.example/app',
      ['prefix-*.example', '*-r.example', 'p*x*r.example', 'p?efix-r.example', 'q*.example'],
      ['prefix-*.example', 'p*x*r.example', '*-r.example'],
    ],
    ['a.b.example/app', ['*.example/app'], []],
    ['1234.dkr.example.com:443/app', ['*.dkr.example.com', '*.dkr.example.com:443'], ['*.dkr.example.com']],
    ['nginx', ['docker.io'], ['docker.io']],
    ['nginx', ['https://index.docker.io/v1/'], ['https']],
    ['nginx', ['index.docker.io', 'docker.io/library'], ['docker.io/library']],
    ['registry-1.docker.io/library/nginx', ['docker.io', 'index.docker.io'], []],
    ['r.example/app', ['', '://', 'user@r.example', '?r.example', 'r .example'], []],
    ['[::1]:5000/app', ['[::1]:5000'], ['[']],
  ])('for %s, of %j, are those of %j', (image, keys, users) => {
    // A user's name has no colon, and those of the keys with one end there.
    expect(usersFor(image, keys)).toEqual(users);
  });

  it('of one key are tried in the order of the secrets, those of longer keys before', () => {
    const login = (username: string): object => ({ username, password: 'x' });
    const secrets = [
      { 'r.example': login('first') },
      { 'r.example': login('second'), 'r.example/app': login('longer') },
    ].map((auths) => parseDockerConfigJson(JSON.stringify({ auths })));
    const logins = loginsFor(secrets, { registry: 'r.example', repository: 'app' });
    expect(logins.map(({ username }) => username)).toEqual(['longer', 'first', 'second']);
  });

  it('are read in both forms, with user and password apart or together', () => {
    const entries = {
      'r.example': { ...auth('a'), username: 'x', password: 'y' },
      's.example': { username: 'b', password: 'c' },
    };
    for (const config of [
      parseDockerConfigJson(JSON.stringify({ auths: entries })),
      parseDockercfg(JSON.stringify(entries)),
    ]) {
      const [first] = loginsFor([config], { registry: 'r.example', repository: 'app' });
      const [second] = loginsFor([config], { registry: 's.example', repository: 'app' });
      expect([first?.username, first?.password.reveal()]).toEqual(['a', 'p:w']);
      expect([second?.username, second?.password.reveal()]).toEqual(['b', 'c']);
    }
  });

  it('have no logins where there are none', () => {
    expect(parseDockerConfigJson('{}').entries).toEqual([]);
    expect(parseDockerConfigJson('{"auths":null,"credsStore":"desktop"}').entries).toEqual([]);
    expect(parseDockercfg('{}').entries).toEqual([]);
  });

  it.each([
    ['no JSON', '{"auths": secret', 'it is no JSON'],
    ['no object', '[]', 'it is no object'],
    ['auths that are none', '{"auths": ["secret"]}', 'its auths are no object'],
    [
      'an entry that is none',
      '{"auths": {"r.example": "secret"}}',
      'the entry of "r.example" cannot be read: it is no object',
    ],
    ['an entry of numbers', '{"auths": {"r.example": {"username": 1}}}', 'a field is no text'],
    ['an auth that is no base64', '{"auths": {"r.example": {"auth": "secret!"}}}', 'base64 of USER:PASSWORD'],
    ['an auth without a colon', '{"auths": {"r.example": {"auth": "c2VjcmV0"}}}', 'base64 of USER:PASSWORD'],
    ['too much', `{"secret":"${' '.repeat(1024 ** 2)}"}`, 'it has more than 1048576 characters'],
  ])('say what is wrong, and nothing of what they hold: %s', (_name, text, why) => {
    const read = (): unknown => parseDockerConfigJson(text);
    expect(read).toThrow(why);
    expect(read).toThrow(
      expect.objectContaining({ code: 'CARTO_PULL_SECRET', message: expect.not.stringMatching(/secret[!"]/) }),
    );
  });

  it('show no password where they are printed', () => {
    const config = parseDockercfg(JSON.stringify({ 'r.example': { username: 'a', password: 'hush' } }));
    expect(inspect(config, { depth: 9 }) + JSON.stringify(config)).not.toContain('hush');
  });
});
