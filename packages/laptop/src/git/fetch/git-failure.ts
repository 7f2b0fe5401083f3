import type { GitLocation } from './git-location.ts';

/**
 * What git's complaint means, in the words of Flux where it has words for it, so that a message is
 * the same here and on a cluster. What git said itself is the fallback.
 */
export function describeGitFailure(stderr: string, location: GitLocation): string {
  const said = lastWords(stderr);
  switch (location.kind) {
    case 'local':
      return localFailure(stderr, said, location.path);
    case 'ssh':
      return sshFailure(stderr, said);
    case 'http':
      return httpFailure(stderr, said, location);
  }
}

function localFailure(stderr: string, said: string, path: string): string {
  if (stderr.includes('dubious ownership')) {
    return `repository belongs to another user; give '${path}' to the user that runs this program`;
  }
  if (stderr.includes('does not appear to be a git repository') || stderr.includes('not a git repository')) {
    return 'repository not found';
  }
  return said;
}

function sshFailure(stderr: string, said: string): string {
  const refused = /Permission denied \(([^)]*)\)/.exec(stderr);
  if (refused !== null) {
    return `ssh: handshake failed: ssh: unable to authenticate, the server accepts [${refused[1]}]; check the identity in the secret`;
  }
  if (stderr.includes('Host key verification failed') || stderr.includes('REMOTE HOST IDENTIFICATION HAS CHANGED')) {
    return 'ssh: handshake failed: knownhosts: the key of the host is not the one in known_hosts of the secret';
  }
  if (stderr.includes('does not appear to be a git repository') || /[Rr]epository not found/.test(stderr)) {
    return 'repository not found';
  }
  return said;
}

function httpFailure(stderr: string, said: string, location: GitLocation & { kind: 'http' }): string {
  const reason = serverWords(stderr);
  if (/repository '.*' not found/.test(stderr)) return `repository not found: ${reason}`;
  if (/could not read (Username|Password)|Authentication failed|returned error: 401/.test(stderr)) {
    return `authentication required: ${reason === '' ? 'the server wants other credentials; check spec.secretRef' : reason}`;
  }
  if (stderr.includes('returned error: 403')) return `authorization failed: ${reason}`;
  const redirect = /returned error: (3\d\d)/.exec(stderr);
  if (redirect !== null) {
    return `redirect (status ${redirect[1]}) not followed, because credentials would go along; set spec.url to where it leads`;
  }
  const request = `${location.url.replace(/\/$/, '')}/info/refs?service=git-upload-pack`;
  const status = /returned error: (\d{3})/.exec(stderr);
  if (status !== null) return `unexpected client error: unexpected requesting "${request}" status code: ${status[1]}`;
  const network = networkFailure(stderr, new URL(location.url));
  return network === undefined ? said : `Get "${request}": ${network}`;
}

/** Go's net package names an address; curl's texts vary with its version, so only their meaning is read. */
function networkFailure(stderr: string, { hostname, port, protocol }: URL): string | undefined {
  const address = `${hostname}:${port === '' ? (protocol === 'https:' ? '443' : '80') : port}`;
  if (stderr.includes('Could not resolve host')) return `dial tcp: lookup ${hostname}: no such host`;
  if (/timed out|Operation too slow/i.test(stderr)) return `dial tcp ${address}: i/o timeout`;
  if (/Failed to connect|Couldn't connect|Connection refused/.test(stderr)) {
    return `dial tcp ${address}: connect: connection refused`;
  }
  const certificate = /(SSL certificate problem: .*|server certificate verification failed.*|SSL: .*)/.exec(stderr);
  if (certificate !== null) return `tls: failed to verify certificate: ${certificate[1]}`;
  return /Empty reply from server|Recv failure|unexpectedly/.test(stderr) ? 'EOF' : undefined;
}

/** git passes on what an HTTP server says as lines that begin with `remote:`. */
function serverWords(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.startsWith('remote: '));
  return lines.map((line) => line.slice('remote: '.length).trim()).join('\n');
}

function lastWords(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim());
  const fatal = lines.findLast((line) => /^(fatal|error): /.test(line)) ?? lines.findLast((line) => line !== '');
  return fatal?.replace(/^(fatal|error): /, '').slice(0, 1000) ?? 'git failed without a word';
}
