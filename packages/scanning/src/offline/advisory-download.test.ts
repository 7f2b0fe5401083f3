import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { downloadArchive, isUrl } from './advisory-download.ts';

const never = new AbortController().signal;

async function serving<T>(listener: RequestListener, use: (url: string) => Promise<T>): Promise<T> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const options = { fetch, signal: never };

describe('an archive of advisories', () => {
  it('is downloaded into a private file, which is deleted after use', async () => {
    const path = await serving(
      (request, response) =>
        request.url === '/there' ? response.end('zip') : response.writeHead(302, { location: '/there' }).end(),
      async (url) => {
        await using file = await downloadArchive(`${url}/all.zip`, options);
        expect(readFileSync(file.path, 'utf8')).toBe('zip');
        expect(statSync(file.path).mode & 0o077).toBe(0);
        return file.path;
      },
    );
    expect(existsSync(path)).toBe(false);
  });

  it.each<{ case: string; listener: RequestListener; says: RegExp }>([
    {
      case: 'is not there',
      listener: (_, response) => response.writeHead(404).end('secret'),
      says: /127\.0\.0\.1:\d+ answers 404$/,
    },
    {
      case: 'redirects in a circle',
      listener: (_, response) => response.writeHead(302, { location: '/' }).end(),
      says: /redirects more than 5 times$/,
    },
    {
      case: 'leads to plain HTTP elsewhere',
      listener: (_, response) => response.writeHead(302, { location: 'http://example.com/' }).end(),
      says: /example\.com is asked by plain HTTP/,
    },
    {
      case: 'is larger than is read',
      listener: (_, response) => response.end('x'.repeat(11)),
      says: /sends more than 10 bytes$/,
    },
    {
      case: 'ends half way',
      listener: (_, response) => {
        response.writeHead(200, { 'content-length': 9 });
        response.write('half', () => response.destroy());
      },
      says: /^advisories: 127\.0\.0\.1:\d+ /,
    },
  ])('that $case is an error that names the host', async ({ listener, says }) => {
    const download = serving(listener, (url) => downloadArchive(`${url}/?token=secret`, { ...options, maxBytes: 10 }));
    const error = await download.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'CARTO_ADVISORIES', message: expect.stringMatching(says) });
    expect(String(error)).not.toContain('secret');
  });

  it('of the largest size is taken', async () => {
    await serving(
      (_, response) => response.end('x'.repeat(10)),
      async (url) => {
        await using file = await downloadArchive(url, { ...options, maxBytes: 10 });
        expect(statSync(file.path).size).toBe(10);
      },
    );
  });

  it('of a host that cannot be reached, or by plain HTTP, is refused', async () => {
    await expect(downloadArchive('http://127.0.0.1:1/', options)).rejects.toThrow(/cannot be reached: /);
    await expect(downloadArchive('http://example.com/', options)).rejects.toThrow(/plain HTTP/);
  });
});

it('a URL is no path', () => {
  expect(['https://a/b.zip', 'HTTP://a', './https:', 'a.zip'].map(isUrl)).toEqual([true, true, false, false]);
});
