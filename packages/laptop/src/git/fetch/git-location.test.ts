import { describe, expect, it } from 'vitest';
import { parseGitLocation } from './git-location.ts';

describe('the location of a repository', () => {
  it.each(['http', 'https', 'ssh'])(
    'keeps the password of a %s URL off command lines and out of messages',
    (scheme) => {
      const location = parseGitLocation(`${scheme}://me:hunter2@host.test/app.git`);
      if (location.kind === 'local') throw new Error('it is not on this machine');
      expect(location.url).not.toContain('hunter2');
      expect(location.text).not.toContain('hunter2');
    },
  );

  it('leaves a URL without a password as it was written', () => {
    const url = 'ssh://git@Host.test:022/a%20b.git';
    expect(parseGitLocation(url)).toEqual({ kind: 'ssh', text: url, url, username: 'git' });
  });
});
