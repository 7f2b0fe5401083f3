import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeClock } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { type Download, download, downloadNewer, type FileVersion, isUrl } from './download.ts';

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

async function textOf({ bytes }: Download): Promise<string> {
  return (await bytes.read(0, bytes.sizeBytes)).toString();
}

const options = { fetch, clock: createFakeClock(), signal: new AbortController().signal };

describe('an archive of advisories', () => {
  it('is downloaded into a file without a name, which no crash leaves behind', async () => {
    const place = mkdtempSync(join(tmpdir(), 'carto-download-'));
    try {
      await serving(
        (request, response) =>
          request.url === '/there' ? response.end('zip') : response.writeHead(302, { location: '/there' }).end(),
        async (url) => {
          await using file = await download(`${url}/all.zip`, { ...options, temporary: place });
          expect(await textOf(file)).toBe('zip');
          expect(readdirSync(place)).toEqual([]);
        },
      );
    } finally {
      rmSync(place, { recursive: true });
    }
  });

  it('that finds no room on disk says so, and what to do', async () => {
    await serving(
      (_, response) => response.end('zip'),
      async (url) => {
        const nowhere = { ...options, temporary: '/does/not/exist' };
        await expect(download(url, nowhere)).rejects.toThrow(
          /^advisories: 127\.0\.0\.1:\d+ cannot be kept on disk \(ENOENT.*\): make room, or set TMPDIR to/,
        );
      },
    );
  });

  it('that fills the disk half way says so, and leaves nothing behind', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'carto-full-'));
    const script = `
      import { download } from ${JSON.stringify(join(import.meta.dirname, 'download.ts'))};
      const clock = { schedule: () => () => undefined };
      const fetch = async () => new Response('x'.repeat(100_000));
      const options = { fetch, clock, signal: new AbortController().signal, temporary: ${JSON.stringify(folder)} };
      await download('https://example.com/all.zip', options).catch((error) => console.log(error.code, error.message));`;
    // As on a full disk, no file takes more: 8 blocks of 1,024 bytes.
    const limited = `trap '' XFSZ; ulimit -f 8; exec "$0" --input-type=module-typescript -e "$1"`;
    const said = execFileSync('bash', ['-c', limited, process.execPath, script], { encoding: 'utf8' });
    expect(said).toMatch(/^CARTO_ADVISORIES advisories: example\.com cannot be kept on disk \(EFBIG/);
    expect(readdirSync(folder)).toEqual([]);
    rmSync(folder, { recursive: true });
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
    const refused = serving(listener, (url) => download(`${url}/?token=secret`, { ...options, maxBytes: 10 }));
    const error = await refused.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'CARTO_ADVISORIES', message: expect.stringMatching(says) });
    expect(String(error)).not.toContain('secret');
  });

  it('of the largest size is taken', async () => {
    await serving(
      (_, response) => response.end('x'.repeat(10)),
      async (url) => {
        await using file = await download(url, { ...options, maxBytes: 10 });
        expect(file.bytes.sizeBytes).toBe(10);
      },
    );
  });

  it('of a host that cannot be reached, or by plain HTTP, is refused', async () => {
    await expect(download('http://127.0.0.1:1/', options)).rejects.toThrow(/cannot be reached: /);
    await expect(download('http://example.com/', options)).rejects.toThrow(/plain HTTP/);
  });

  it('shows credentials to the host that they are for, and to no other', async () => {
    const shown: (string | undefined)[] = [];
    await serving(
      ({ url, headers }, response) => {
        shown.push(headers.authorization);
        const elsewhere = `http://localhost:${response.socket?.localPort}/there`;
        if (url === '/there') response.end('x');
        else response.writeHead(302, { location: elsewhere }).end();
      },
      async (url) => {
        await using _file = await download(`${url}/all.zip`, { ...options, authorization: 'Bearer secret' });
      },
    );
    expect(shown).toEqual(['Bearer secret', undefined]);
  });

  it('that does not end is ended', async () => {
    const clock = createFakeClock();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    await serving(
      (_, response) => {
        response.writeHead(200, { 'content-length': '9999' }).write('x');
        begin();
      },
      async (url) => {
        const endless = download(url, { ...options, clock });
        await begun;
        await Promise.all([
          expect(endless).rejects.toMatchObject({
            code: 'CARTO_ADVISORIES',
            message: expect.stringContaining('takes longer than 15 minutes'),
          }),
          clock.advance(15 * 60_000),
        ]);
      },
    );
  });

  it('that is called off ends as such', async () => {
    const calledOff = { ...options, signal: AbortSignal.abort(new Error('called off')) };
    await expect(download('http://127.0.0.1:1/', calledOff)).rejects.toThrow('called off');
  });

  it('leaves no time to wait for behind', async () => {
    const clock = createFakeClock();
    await expect(download('http://127.0.0.1:1/', { ...options, clock })).rejects.toThrow();
    expect(clock.pending).toBe(0);
  });
});

describe('a version that is known', () => {
  const known: FileVersion = { etag: '"one"', modified: '2026-01-02T03:04:05.000Z' };
  const asked = (use: (url: string) => Promise<void>): Promise<void> =>
    serving(({ headers }, response) => {
      const isKnown =
        headers['if-none-match'] === known.etag && headers['if-modified-since'] === 'Fri, 02 Jan 2026 03:04:05 GMT';
      response.writeHead(isKnown ? 304 : 200, { etag: '"two"' }).end(isKnown ? '' : 'newer');
    }, use);

  it('is not downloaded again, a newer one is', async () => {
    await asked(async (url) => {
      expect(await downloadNewer(url, known, options)).toBeUndefined();
      await using newer = await downloadNewer(url, { ...known, etag: '"old"' }, options);
      expect([newer?.version.etag, newer && (await textOf(newer))]).toEqual(['"two"', 'newer']);
    });
  });

  it('that a server tells of, where none is known, is an error', async () => {
    await serving(
      (_, response) => response.writeHead(304).end(),
      async (url) => {
        await expect(download(url, options)).rejects.toThrow(/answers 304$/);
      },
    );
  });
});

it('a URL is no path', () => {
  expect(['https://a/b.zip', 'HTTP://a', './https:', 'a.zip'].map(isUrl)).toEqual([true, true, false, false]);
});
