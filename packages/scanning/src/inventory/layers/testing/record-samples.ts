import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestImages } from './image-of.ts';
import { SAMPLES, sampleLayers, sampleNames } from './sample-images.ts';

/** Writes each sample as an OCI layout, has syft read it, and keeps what it names: `node record-samples.ts SYFT`. */
const [, , syft = 'syft'] = process.argv;

type Answer = {
  readonly artifacts: readonly {
    readonly type: string;
    readonly name: string;
    readonly version: string;
    readonly purl: string;
  }[];
};

for (const name of sampleNames()) {
  const images = createTestImages();
  const image = images.add(...sampleLayers(name));
  const folder = mkdtempSync(join(tmpdir(), 'carto-sample-'));
  mkdirSync(join(folder, 'blobs', 'sha256'), { recursive: true });
  for (const [digest, bytes] of images.blobs) writeFileSync(join(folder, 'blobs', ...digest.split(':')), bytes);
  writeFileSync(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [image] }));
  const env = { ...process.env, SYFT_CHECK_FOR_APP_UPDATE: 'false' };
  const answer = execFileSync(syft, ['scan', `oci-dir:${folder}`, '-q', '-o', 'json'], { env, maxBuffer: 1e9 });
  rmSync(folder, { recursive: true });
  const { artifacts } = JSON.parse(answer.toString()) as Answer;
  const lines = artifacts.map((item) => [item.type, item.name, item.version, decodeURIComponent(item.purl)].join(' '));
  writeFileSync(join(SAMPLES, `${name}.syft.txt`), `${[...new Set(lines)].toSorted().join('\n')}\n`);
}
