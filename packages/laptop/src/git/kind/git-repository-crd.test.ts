import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  compileSchema,
  getPath,
  isList,
  type JsonObject,
  type KubeObject,
  type StructuralSchema,
  structuralErrors,
} from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { gitRepositoryCrd } from './git-repository-crd.ts';

const versions = getPath(gitRepositoryCrd, 'spec', 'versions');
const version = isList(versions) ? versions[0] : undefined;
const schema = getPath(version, 'schema', 'openAPIV3Schema') as unknown as StructuralSchema;
const compiled = compileSchema(schema);

function object(spec: JsonObject): JsonObject {
  return { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository', metadata: { name: 'x' }, spec };
}

describe('the GitRepository CRD', () => {
  it('is structural', () => {
    expect(structuralErrors(schema)).toEqual([]);
  });

  it('keeps every field of the recorded objects', async () => {
    const recording = await readFile(join(import.meta.dirname, '../golden/gitrepository-real.yaml'), 'utf8');
    for (const document of parseAllDocuments(recording)) {
      const { spec, status } = document.toJS() as KubeObject;
      const recorded = { ...object(spec as JsonObject), status: status as JsonObject };
      expect(compiled.prune(recorded).pruned).toEqual([]);
      expect(compiled.validate(recorded)).toEqual([]);
    }
  });

  it('defaults the timeout, and the status to "nothing observed"', () => {
    expect(compiled.applyDefaults(object({ url: 'https://example.com/x', interval: '1m' }))).toMatchObject({
      spec: { timeout: '60s' },
      status: { observedGeneration: -1 },
    });
  });

  it.each(['http://x/y', 'https://x/y', 'ssh://git@x/y', 'file:///srv/x', '/home/me/x'])('admits the URL %s', (url) => {
    expect(compiled.validate(object({ url, interval: '1m' }))).toEqual([]);
  });

  it.each(['git@x:y', 'ext::sh', 'x/y', ''])('refuses the URL %j', (url) => {
    expect(compiled.validate(object({ url, interval: '1m' }))).toHaveLength(1);
  });

  it.each(['5', '5 s', '-5s', '1d', ''])('refuses the interval %j', (interval) => {
    expect(compiled.validate(object({ url: '/x', interval }))).toHaveLength(1);
  });

  it('has the columns of Flux', () => {
    const columns = getPath(version, 'additionalPrinterColumns');
    expect(isList(columns) ? columns.map((column) => getPath(column, 'name')) : []).toEqual([
      'URL',
      'Age',
      'Ready',
      'Status',
    ]);
  });
});
