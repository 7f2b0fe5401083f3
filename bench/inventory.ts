import { spawn } from 'node:child_process';
import { createReadStream, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { createOciLayout, openImageFile } from '@cartographer/oci';
import { readImageInventory } from '../packages/scanning/src/inventory/layers/read-image-inventory.ts';
import { buildLargeImage, type LargeImage } from './large-image.ts';
import type { Row } from './row.ts';

const MIB = 1024 ** 2;
const SAMPLE_MS = 20;
const TAR_BLOCK = 512;

/** What something took of the processor, in milliseconds, and at most of memory. */
type Taken = { readonly cpuMs: number; readonly peakBytes: number };

/**
 * The packages of an image of 500 MiB: beside only unpacking its layers and going from file to file, and beside `syft`, where
 * that is on the PATH.
 */
export async function measureInventory(scale: number): Promise<readonly Row[]> {
  const { signal } = new AbortController();
  const folder = await mkdtemp(join(tmpdir(), 'carto-bench-'));
  try {
    const image = await buildLargeImage(folder, scale, signal);
    const floor = await taken(() => walkLayers(image));
    const ours = await taken(async () => {
      const file = await openImageFile(folder, signal);
      const { packages } = await readImageInventory(file, image.digest, { signal });
      if (packages.length < image.packages) throw new Error(`${packages.length} of ${image.packages} packages`);
    });
    const real = await realTool(image);
    const what = `inventory of an image of ${Math.round(image.bytes / MIB)} MiB with ${image.packages} packages`;
    const beside = (name: string, value: number): Pick<Row, 'floor'> => ({ floor: { name, value } });
    return [
      { name: `${what}: CPU`, value: ours.cpuMs, unit: 'ms', ...beside('gunzip and tar alone', floor.cpuMs) },
      { name: 'of that, memory above the start', value: ours.peakBytes / MIB, unit: 'MiB' },
      ...(real === undefined
        ? []
        : [
            { name: 'the same: CPU', value: ours.cpuMs, unit: 'ms', ...beside('syft', real.cpuMs) },
            {
              name: 'the same: memory above the start',
              value: ours.peakBytes / MIB,
              unit: 'MiB',
              ...beside('syft, all of it', real.peakBytes / MIB),
            },
          ]),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function taken(work: () => Promise<void>): Promise<Taken> {
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let peak = before;
  const sample = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, SAMPLE_MS);
  const begun = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(begun);
  clearInterval(sample);
  return { cpuMs: (user + system) / 1_000, peakBytes: Math.max(peak, process.memoryUsage.rss()) - before };
}

/** What nobody can do without: each layer is unpacked, and its headers are read. */
async function walkLayers({ folder, digest }: LargeImage): Promise<void> {
  const layout = createOciLayout(folder);
  const fileOf = async (blob: string): Promise<string> => {
    const found = await layout.blob(blob);
    if (found === undefined) throw new Error(`there is no blob ${blob}`);
    return found.file;
  };
  const { layers } = JSON.parse(readFileSync(await fileOf(digest), 'utf8')) as { layers: { digest: string }[] };
  for (const layer of layers) {
    let left = 0;
    let header = Buffer.alloc(0);
    for await (const chunk of createReadStream(await fileOf(layer.digest)).pipe(createGunzip())) {
      for (let bytes = chunk as Buffer; bytes.length > 0; ) {
        const part = bytes.subarray(0, left > 0 ? left : TAR_BLOCK - header.length);
        bytes = bytes.subarray(part.length);
        if (left > 0) left -= part.length;
        else header = Buffer.concat([header, part]);
        if (header.length < TAR_BLOCK) continue;
        const size = Number.parseInt(header.toString('latin1', 124, 135), 8) || 0;
        left = Math.ceil(size / TAR_BLOCK) * TAR_BLOCK;
        header = Buffer.alloc(0);
      }
    }
  }
}

/** Runs the real tool; undefined where it is not there. What it took is asked of the kernel while it runs. */
async function realTool({ folder }: LargeImage): Promise<Taken | undefined> {
  const child = spawn('syft', ['scan', `oci-dir:${folder}`, '-q', '-o', 'json'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, SYFT_CHECK_FOR_APP_UPDATE: 'false' },
  });
  let seen: Taken = { cpuMs: 0, peakBytes: 0 };
  const sample = setInterval(() => {
    seen = takenBy(child.pid) ?? seen;
  }, SAMPLE_MS);
  const ended = await new Promise<number | null | 'absent'>((resolve) => {
    child.once('error', () => resolve('absent'));
    child.once('exit', resolve);
  });
  clearInterval(sample);
  if (ended === 'absent') return undefined;
  if (ended !== 0) throw new Error(`syft ended with ${ended}`);
  return seen;
}

/** As Linux counts it: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html, in hundredths of a second. */
function takenBy(pid: number | undefined): Taken | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    const peak = /VmHWM:\s+([0-9]+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    if (peak === undefined) return undefined;
    return { cpuMs: (Number(fields[11]) + Number(fields[12])) * 10, peakBytes: Number(peak) * 1024 };
  } catch {
    return undefined;
  }
}
