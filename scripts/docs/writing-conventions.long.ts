import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { portToComeBackTo } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { readDoc } from './markdown.ts';
import { hasKubectl, walkThrough } from './walk.ts';

const page = readDoc('writing-conventions.md');
const title = `the commands of docs/writing-conventions.md${hasKubectl ? '' : ' (skipped: there is no kubectl on the PATH)'}`;

describe('docs/writing-conventions.md', () => {
  it.skipIf(!hasKubectl)(
    `${title} do what it says`,
    async () => {
      const port = await portToComeBackTo();
      const commands = await walkThrough(page.replaceAll('9443', String(port)), {
        afterwards: (folder) => endProcess(join(folder, 'certs/server.pid')),
      });
      expect(commands).toBeGreaterThan(12);
    },
    300_000,
  );
});

/** The server that the page starts and ends: where a command in between fails, nobody else ends it. */
function endProcess(file: string): void {
  if (!existsSync(file)) return;
  try {
    process.kill(Number(readFileSync(file, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
