import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock as clock } from '@cartographer/kube';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { followSource } from './follow-source.ts';
import { startTestRegistry, type TestRegistry } from './testing/test-registry.ts';
import { uploadSource } from './upload.ts';

describe('sources that are followed', () => {
  let root: string;
  let registry: TestRegistry;
  let stop: AbortController;
  let following: Promise<void>;
  const said: string[] = [];

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'carto-follow-'));
    registry = await startTestRegistry(join(root, 'registry'));
    await mkdir(join(root, 'app', 'src'), { recursive: true });
    await writeFile(join(root, 'app', 'src', 'a.txt'), 'one');
    await writeFile(join(root, 'app', '.cartoignore'), '*.log\nnode_modules/\n');
    said.length = 0;
    stop = new AbortController();
    const options = {
      path: join(root, 'app'),
      repository: `${registry.host}/team/shop:live`,
      registry: { username: 'me', password: 'secret' },
      say: (line: string) => void said.push(line),
      signal: stop.signal,
      clock,
    };
    const { digest: known } = await uploadSource(options);
    said.length = 0;
    registry.lines.length = 0;
    await new Promise<void>((resolve) => {
      following = followSource({ ...options, known, onWatching: resolve });
    });
  });
  afterEach(async () => {
    stop.abort();
    await following;
    await registry.close();
    await rm(root, { recursive: true, force: true });
  });

  const published = () => said.filter((line) => line.startsWith('published')).length;
  const untilPublished = (times: number): Promise<void> =>
    vi.waitFor(() => expect(published()).toBe(times), { timeout: 100_000, interval: 20 });
  const write = (path: string, text: string): Promise<void> => writeFile(join(root, 'app', path), text);

  it('are uploaded after a file is saved, made, moved or removed, in folders that came later, too', async () => {
    await write('src/a.txt', 'two');
    await untilPublished(1);
    await mkdir(join(root, 'app', 'new'));
    await write('new/b.txt', 'b');
    await untilPublished(2);
    await write('new/b.txt', 'c');
    await untilPublished(3);
    await rename(join(root, 'app', 'new'), join(root, 'app', 'moved'));
    await untilPublished(4);
    await rm(join(root, 'app', 'src', 'a.txt'));
    await untilPublished(5);
  });

  it('ask the registry nothing for a file that is saved as it was, or that is ignored', async () => {
    await write('src/a.txt', 'one');
    await write('src/x.log', 'noise');
    await mkdir(join(root, 'app', 'node_modules'));
    await write('node_modules/x', 'noise');
    // The next real change shows that all of those have been looked at.
    await write('src/a.txt', 'two');
    await untilPublished(1);
    expect(registry.lines.filter((line) => line.startsWith('HEAD') && line.includes('manifests'))).toHaveLength(1);
  });

  it('are uploaded when the registry is back', async () => {
    registry.faults.status = 404;
    registry.faults.times = 1;
    await write('src/a.txt', 'two');
    await vi.waitFor(() => expect(said.some((line) => line.startsWith('not uploaded: '))).toBe(true), {
      timeout: 100_000,
    });
    await untilPublished(1);
  });
});
