import { describe, expect, it } from 'vitest';
import { runCommandLine } from '../command-line.ts';
import { testSurroundings } from '../frame/testing/test-surroundings.ts';
import { VERSION } from '../running/version.ts';
import { CONTROLLER, DEPLOYMENTS, emptyStage, type InstalledStage, installedStage } from './testing/installed-stage.ts';

const CLIENT = `client: +carto ${VERSION.replaceAll('.', '\\.')} \\(Node v\\d+\\.\\d+\\.\\d+, \\w+ \\w+\\)`;

/** Runs a command with no cluster at all. */
async function alone(...argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const surroundings = testSurroundings();
  await runCommandLine(['node', 'carto', ...argv], surroundings);
  const { terminal } = surroundings;
  return { code: terminal.exitCode, out: terminal.written(), err: terminal.told() };
}

async function runsImage({ client }: InstalledStage, image: string): Promise<void> {
  const body = [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: image }];
  await client.patch(DEPLOYMENTS, CONTROLLER, { kind: 'json', body });
}

describe('carto version', () => {
  it('says without a cluster what it is, and in one line why there is no server', async () => {
    const { code, out, err } = await alone('version');
    expect(out).toMatch(new RegExp(`^${CLIENT}\\nno server: .*kubeconfig.*\\n$`));
    expect([code, err]).toEqual([0, '']);
    expect(JSON.parse((await alone('version', '-o', 'json')).out)).toMatchObject({
      client: { version: VERSION },
      server: { error: expect.stringContaining('kubeconfig') as unknown },
    });
  });

  it('asks no cluster with --client', async () => {
    await using at = await emptyStage();
    const { code, out } = await at.run(['version', '--client']);
    expect([code, out.split('\n').length]).toEqual([0, 2]);
    expect(at.faults.requests).toEqual([]);
    expect((await at.run(['version', '--client', '-o', 'yaml'])).out).toMatch(/^client:\n {2}version: /);
  });

  it('tells of what is installed by the tag of its image, by its label where the tag is none, and of definitions', async () => {
    await using at = await installedStage();
    const { code, out } = await at.run(['version']);
    expect(out).toMatch(/\nserver: +Kubernetes v1\.32\.0\+cartographer \(context test, https:\/\/127\.0\.0\.1:1\)\n/);
    expect(out).toContain(`controller:   ${VERSION} (image cartographer-controller:${VERSION}, 2 of 2 ready)\n`);
    expect(out).toMatch(/definitions: +11 of 11 as this carto has them\n$/);
    expect(code).toBe(0);
    await runsImage(at, 'registry.example.com:5000/carto:v0.9.1@sha256:abc');
    expect((await at.run(['version'])).out).toContain(
      'controller:   0.9.1 (image registry.example.com:5000/carto:v0.9.1@',
    );
    await runsImage(at, 'registry.example.com:5000/carto@sha256:abc');
    expect((await at.run(['version'])).out).toContain(
      `controller:   ${VERSION} (image registry.example.com:5000/carto@`,
    );
  });

  it('says of an empty cluster, and of what may not be seen, just that', async () => {
    await using at = await emptyStage();
    expect((await at.run(['version'])).out).toMatch(/\ndefinitions: +none\n/);
    const { code, out } = await at.run(['version', '--as', 'jane']);
    expect(out).toMatch(/\ncontroller: +not seen: .*User "jane" cannot get/);
    expect(out).toMatch(/\ndefinitions: +not seen: .*User "jane" cannot get/);
    expect(code).toBe(0);
  });

  it('names the server and what became of it when that does not answer', async () => {
    await using at = await emptyStage();
    at.faults.inject({ when: () => true, fault: { kind: 'reset' } });
    const { code, out } = await at.run(['version']);
    expect(out).toMatch(/\nno server: context test: /);
    expect(code).toBe(0);
  });
});
