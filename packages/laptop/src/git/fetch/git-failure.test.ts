import { describe, expect, it } from 'vitest';
import { describeGitFailure } from './git-failure.ts';
import { parseGitLocation } from './git-location.ts';

const describeFor = (url: string, stderr: string): string => describeGitFailure(stderr, parseGitLocation(url));

describe('a complaint of git', () => {
  it.each([
    [
      "fatal: unable to access 'https://h/x/': Failed to connect to h port 443 after 0 ms: Couldn't connect to server",
      'Get "https://h/x/info/refs?service=git-upload-pack": dial tcp h:443: connect: connection refused',
    ],
    [
      "fatal: unable to access 'https://h/x/': Failed to connect to h port 443: Connection refused",
      'Get "https://h/x/info/refs?service=git-upload-pack": dial tcp h:443: connect: connection refused',
    ],
    [
      "fatal: unable to access 'https://h/x/': Could not resolve host: h",
      'Get "https://h/x/info/refs?service=git-upload-pack": dial tcp: lookup h: no such host',
    ],
    [
      "fatal: unable to access 'https://h/x/': Failed to connect to h port 443 after 1 ms: Connection timed out",
      'Get "https://h/x/info/refs?service=git-upload-pack": dial tcp h:443: i/o timeout',
    ],
    [
      "fatal: unable to access 'https://h/x/': server certificate verification failed. CAfile: none CRLfile: none",
      'Get "https://h/x/info/refs?service=git-upload-pack": tls: failed to verify certificate: server certificate verification failed. CAfile: none CRLfile: none',
    ],
    [
      "remote: Repository gone.\nremote: Ask its owner.\nfatal: repository 'https://h/x/' not found",
      'repository not found: Repository gone.\nAsk its owner.',
    ],
    [
      "remote: Invalid credentials\nfatal: Authentication failed for 'https://h/x/'",
      'authentication required: Invalid credentials',
    ],
    ['fatal: something new under the sun', 'something new under the sun'],
    ['', 'git failed without a word'],
  ])('over HTTP: %s', (stderr, expected) => {
    expect(describeFor('https://h/x', stderr)).toBe(expected);
  });

  it.each([
    [
      'git@h: Permission denied (publickey,password).\nfatal: Could not read from remote repository.',
      'the server accepts [publickey,password]',
    ],
    ['Host key verification failed.\nfatal: Could not read from remote repository.', 'known_hosts of the secret'],
    ['ERROR: Repository not found.\nfatal: Could not read from remote repository.', 'repository not found'],
  ])('over SSH: %s', (stderr, expected) => {
    expect(describeFor('ssh://git@h/x', stderr)).toContain(expected);
  });

  it('about a repository of another user says whose it should be', () => {
    const stderr =
      "fatal: detected dubious ownership in repository at '/srv/x/.git'\nTo add an exception for this directory, call:\n";
    expect(describeFor('/srv/x', stderr)).toBe(
      "repository belongs to another user; give '/srv/x' to the user that runs this program",
    );
  });
});
