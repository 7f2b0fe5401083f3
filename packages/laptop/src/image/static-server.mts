/**
 * Serves the files of a folder: goes into images of static sites, and runs on any Node that strips types (22.18 or
 * newer) with nothing beside it. Usage: `node static-server.mts FOLDER`; listens on `PORT`, and on `HOST` if set.
 */
import { createReadStream, realpathSync, type Stats, statSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.gif': 'image/gif',
  '.htm': 'text/html; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/vnd.microsoft.icon',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.md': 'text/markdown; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.xml': 'application/xml',
};

const root = realpathSync(process.argv[2] ?? '.');

/** The file that a path names, by its true place: neither dots nor links lead out of the folder, hidden files stay hidden. */
function find(path: string): { readonly file: string; readonly stats: Stats } | undefined {
  try {
    const decoded = decodeURIComponent(path);
    if (decoded.includes('\0') || /(^|\/)\.(?!well-known(\/|$))/.test(decoded)) return undefined;
    let file = realpathSync(join(root, decoded));
    if (statSync(file).isDirectory()) file = realpathSync(join(file, 'index.html'));
    const stats = statSync(file);
    return stats.isFile() && file.startsWith(root === sep ? sep : root + sep) ? { file, stats } : undefined;
  } catch {
    return undefined;
  }
}

function refuse(response: ServerResponse, status: number, reason: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${reason}\n`);
}

const server = createServer((request, response) => {
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, 'only GET and HEAD');
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  const found = find(path);
  if (found === undefined) return refuse(response, 404, 'not found');
  const { file, stats } = found;
  const etag = `"${stats.size.toString(16)}-${Math.round(stats.mtimeMs).toString(16)}"`;
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, { etag }).end();
    return;
  }
  response.writeHead(200, {
    'content-type': TYPES[extname(file).toLowerCase()] ?? 'application/octet-stream',
    'content-length': stats.size,
    'x-content-type-options': 'nosniff',
    etag,
  });
  if (request.method === 'HEAD' || stats.size === 0) {
    response.end();
    return;
  }
  createReadStream(file, { end: stats.size - 1 })
    .on('error', () => response.destroy())
    .pipe(response);
});

server.listen(Number(process.env['PORT'] ?? 8080), process.env['HOST'], () => console.log(`serving ${root}`));
process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
