import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runCommandLine } from '../command-line.ts';
import { testSurroundings } from '../frame/testing/test-surroundings.ts';

const EXAMPLE = join(import.meta.dirname, '../../../../examples/scan');
const BILL = join(EXAMPLE, 'app.cdx.json');
const ADVISORIES = join(EXAMPLE, 'advisories');
const folder = mkdtempSync(join(tmpdir(), 'carto-scan-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** Runs the command in this process. */
async function scan(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const { terminal, ...rest } = testSurroundings();
  await runCommandLine(['node', 'carto', 'scan', ...args], { terminal, ...rest });
  return { code: terminal.exitCode, out: terminal.written(), err: terminal.told() };
}

describe('carto scan', () => {
  it('prints findings as JSON, and is not refused by having some', async () => {
    const { code, out, err } = await scan('--sbom', BILL, '--advisories', ADVISORIES, '-o', 'json');
    expect([code, err]).toEqual([0, '']);
    expect(JSON.parse(out)).toMatchObject({
      packages: 2,
      complete: true,
      counts: { high: 1, unknown: 1, fixable: 2 },
      findings: [
        {
          id: 'PYSEC-2023-192',
          aliases: ['CVE-2023-43804', 'GHSA-v845-jxx5-vc9f'],
          severity: 'High',
          score: 8.1,
          package: { name: 'urllib3', version: '1.26.4', purl: 'pkg:pypi/urllib3@1.26.4', ecosystem: 'PyPI' },
          fixedIn: '1.26.17',
        },
        { id: 'PYSEC-2021-108', severity: 'Unknown', fixedIn: '1.26.5' },
      ],
    });
  });

  it('reads the lock files of a folder, and says in SARIF which of them names a package', async () => {
    const { code, out } = await scan(join(EXAMPLE, 'app'), '--advisories', ADVISORIES, '--output', 'sarif');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      runs: [
        { results: [{ locations: [{ physicalLocation: { artifactLocation: { uri: 'requirements.txt' } } }] }, {}] },
      ],
    });
  });

  it('writes OpenVEX', async () => {
    const { out } = await scan('--sbom', BILL, '--advisories', ADVISORIES, '-o', 'openvex');
    expect(JSON.parse(out)).toMatchObject({ '@context': 'https://openvex.dev/ns/v0.2.0', statements: [{}, {}] });
  });

  it('prints what it found and fails where something could not be read', async () => {
    file('half.json', '{"id": "X-');
    file(
      'good.json',
      '{"id": "X-1", "affected": [{"package": {"ecosystem": "PyPI", "name": "urllib3"}, "versions": ["1.26.4"]}]}',
    );
    const { code, out, err } = await scan('--sbom', BILL, '--advisories', folder);
    expect(out).toMatch(/X-1 +urllib3[\s\S]*not read: advisory half\.json is not JSON, or cut off/);
    expect(err).toMatch(/^carto: the scan is incomplete: 1 inputs could not be read/);
    expect(code).toBe(1);
  });

  it('tells on the side of which ecosystems no advisory speaks', async () => {
    const bill = { bomFormat: 'CycloneDX', specVersion: '1.6', components: [{ name: 'a', purl: 'pkg:npm/a@1.0.0' }] };
    const path = file('npm.cdx.txt', JSON.stringify(bill));
    const { code, err } = await scan('--sbom', path, '--advisories', ADVISORIES, '-o', 'json');
    expect([code, err]).toEqual([0, 'carto: no advisory speaks of npm\n']);
    expect((await scan('--sbom', path, '--advisories', ADVISORIES)).out).toContain(
      'not covered: no advisory speaks of packages of npm',
    );
  });

  describe('by a policy', () => {
    const policy = (spec: string): string =>
      file(
        'policy.yaml',
        `apiVersion: scanning.carto.run/v1alpha1\nkind: ClusterScanPolicy\nmetadata: {name: gate}\nspec: {namespaceSelector: {}, ${spec}}\n`,
      );
    const judged = (spec: string, sbom = BILL, output = 'json') =>
      scan('--sbom', sbom, '--advisories', ADVISORIES, '--policy', policy(spec), '-o', output);

    it('that refuses ends with 2, and says what would open the gate', async () => {
      const { code, out, err } = await judged('deny: [{severityAtLeast: High, fixable: true}]');
      expect(code).toBe(2);
      expect(err).toMatch(/refused by ClusterScanPolicy gate: .*urllib3 1\.26\.4.*fixed in 1\.26\.17/);
      expect(JSON.parse(out)).toMatchObject({ verdict: { result: 'Refused', reason: 'PolicyViolation' } });
    });

    it('that does not refuse ends with 0', async () => {
      const { code, out } = await judged('deny: [{severityAtLeast: Critical}], unknownSeverityIs: Medium');
      expect([code, (JSON.parse(out) as { verdict: { result: string } }).verdict.result]).toEqual([0, 'Passed']);
    });

    it('refuses what could not be read whole, unless it says that this is but to be told', async () => {
      const components = [
        { type: 'library', name: 'a', purl: 'pkg:pypi/a%' },
        { type: 'library', name: 'b' },
      ];
      const sbom = file('broken.json', JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.5', components }));
      expect((await judged('deny: []', sbom)).code).toBe(2);
      expect((await judged('deny: [], onMissingInventory: Warn', sbom)).code).toBe(1);
    });

    it.each<[string, RegExp]>([
      ['deny: [{severity: High}]', /policy .*severity/],
      ["deny: [{expression: 'finding.'}]", /policy .*expression/],
    ])('that is wrong says where, and judges nothing: %s', async (spec, says) => {
      const { code, out, err } = await judged(spec);
      expect([code, out]).toEqual([1, '']);
      expect(err).toMatch(says);
    });
  });

  it.each<{ args: readonly string[]; says: RegExp }>([
    { args: [], says: /required option '--advisories/ },
    { args: ['--advisories', ADVISORIES], says: /name one thing to scan/ },
    { args: ['.', '--sbom', BILL, '--advisories', ADVISORIES], says: /name one thing to scan/ },
    { args: ['--sbom', BILL, '--advisories', ADVISORIES, '-o', 'xml'], says: /Allowed choices are table, json/ },
    {
      args: ['--sbom', BILL, '--advisories', ADVISORIES, '--policy', '/does/not/exist'],
      says: /policy \/does\/not\/exist cannot be read: ENOENT/,
    },
    { args: ['--image', 'a@sha256:0', '--advisories', ADVISORIES], says: /has a digest that is neither/ },
    { args: ['--sbom', '/does/not/exist', '--advisories', ADVISORIES], says: /exist cannot be read: ENOENT/ },
    { args: ['--sbom', EXAMPLE, '--advisories', ADVISORIES], says: /is no file; name a folder without --sbom/ },
    { args: [BILL, '--advisories', ADVISORIES], says: /is no folder; name a bill by --sbom/ },
    {
      args: ['--sbom', join(ADVISORIES, 'PYSEC-2023-74.json'), '--advisories', ADVISORIES],
      says: /neither CycloneDX nor SPDX/,
    },
    { args: ['--sbom', BILL, '--advisories', '/does/not/exist'], says: /advisories .*ENOENT/ },
    { args: ['--sbom', BILL, '--advisories', join(EXAMPLE, 'app')], says: /has no OSV records/ },
    { args: ['--sbom', BILL, '--advisories', 'http://example.com/all.zip'], says: /plain HTTP/ },
  ])('fails, and is never refused, with $args', async ({ args, says }) => {
    const { code, out, err } = await scan(...args);
    expect(err).toMatch(says);
    expect(err).not.toMatch(/\n\s+at /);
    expect([code, out]).toEqual([1, '']);
  });

  it('as a process of its own has exit codes, and one that is stopped says so in one line and fails', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/all.zip`;
    const main = join(import.meta.dirname, '../main.ts');
    const refused = spawn(process.execPath, [main, 'scan']);
    const said = refused.stderr.toArray();
    expect(await once(refused, 'close')).toEqual([1, null]);
    expect(Buffer.concat(await said).toString()).toMatch(/required option '--advisories/);
    const child = spawn(process.execPath, [main, 'scan', '--sbom', BILL, '--advisories', url]);
    const err = child.stderr.toArray();
    await once(server, 'request');
    child.kill('SIGINT');
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(Buffer.concat(await err).toString()).toMatch(/stopped before the scan was done\n$/);
    server.closeAllConnections();
    server.close();
  });
});
