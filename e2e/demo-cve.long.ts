import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);

it('a CVE that lands moves what carries its package, and nothing else', async () => {
  const script = join(import.meta.dirname, '..', 'scripts', 'demo-cve.ts');
  // It ends with another code, and this rejects, when a count is not as promised.
  const { stdout } = await run(process.execPath, [script]);
  expect(stdout.match(/ {2}ok /g)).toHaveLength(9);
}, 180_000);
