import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EXIT } from '../frame/exit-codes.ts';
import { type LogStage, startLogStage } from './testing/log-stage.ts';
import { at, ended, podYaml, running, WORKLOAD } from './testing/pods.ts';

let stage: LogStage;
beforeEach(async () => {
  stage = await startLogStage();
});
afterEach(() => stage.close());

async function reference(kind: string, resource: string, name: string): Promise<string> {
  const type = { group: 'apps', version: 'v1', kind, resource, namespaced: true };
  const { metadata } = await stage.client.get(type, { namespace: 'default', name });
  return `{apiVersion: apps/v1, kind: ${kind}, name: ${name}, uid: ${metadata.uid ?? ''}, controller: true}`;
}

const PART = `spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: main, image: x}]}}}`;

/** A Deployment that was stamped, and its ReplicaSet: what its pods belong to carries no label of ours. */
async function deployment(): Promise<string> {
  await stage.make(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: default, labels: {carto.run/workload-name: shop, carto.run/resource-name: app}}
${PART}
`);
  await stage.make(`
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: shop-1, namespace: default, ownerReferences: [${await reference('Deployment', 'deployments', 'shop')}]}
${PART}
`);
  return reference('ReplicaSet', 'replicasets', 'shop-1');
}

describe('carto tail', () => {
  it('prints the logs of all steps in their order: pods by label, and by what they belong to', async () => {
    await stage.make(WORKLOAD);
    const owner = await deployment();
    await stage.make(podYaml({ name: 'shop-1-x', owner }));
    await stage.make(podYaml({ name: 'shop-test-pod', step: 'test', phase: 'Succeeded', states: ended('main') }));
    await stage.make(podYaml({ name: 'other' }));
    stage.kubelet.write('default/shop-1-x/main', at(1), 'listening');
    stage.kubelet.write('default/shop-test-pod/main', at(2), 'all passed');
    stage.kubelet.write('default/other/main', at(2), 'not ours');
    const { terminal, ended: end } = stage.carto('tail shop --no-follow');
    await end;
    expect(terminal.told()).toBe('');
    expect(terminal.written()).toBe('test shop-test-pod[main] all passed\napp shop-1-x[main] listening\n');
    expect(terminal.exitCode).toBe(EXIT.done);
  });

  it('follows what runs, picks up what comes, and ends with 130 by Ctrl-C', async () => {
    await stage.make(WORKLOAD);
    const { terminal, interrupt } = stage.carto('tail shop');
    await expect.poll(() => terminal.told()).toBe('workload default/shop has no log yet: waiting for the first\n');
    await stage.make(podYaml({ name: 'shop-test-pod', step: 'test' }));
    stage.kubelet.write('default/shop-test-pod/main', at(1), 'one');
    await expect.poll(() => terminal.written(), { timeout: 20_000 }).toBe('test shop-test-pod[main] one\n');
    stage.kubelet.write('default/shop-test-pod/main', at(2), 'two');
    await expect.poll(() => terminal.written()).toContain('two');
    await interrupt();
    expect(terminal.exitCode).toBe(EXIT.interrupted);
  });

  it('goes on where a stream was cut, by a broken connection or by the server, with no line lost or doubled', async () => {
    await stage.make(WORKLOAD);
    await stage.make(podYaml({ name: 'shop-test-pod', step: 'test' }));
    const key = 'default/shop-test-pod/main';
    const lines = Array.from({ length: 40 }, (_, line) => `line ${line} ${'.'.repeat(line)}`);
    const timeOf = (line: number): string => new Date(Date.parse('2026-01-01T00:00:00Z') + line * 250).toISOString();
    const put = (from: number, to: number): void =>
      lines.slice(from, to).forEach((line, index) => stage.kubelet.write(key, timeOf(from + index), line));
    put(0, 5);
    const { terminal, interrupt } = stage.carto('tail shop --since 10000h');
    const shown = (): readonly string[] => terminal.written().trimEnd().split('\n');
    await expect.poll(shown, { timeout: 20_000 }).toHaveLength(5);
    stage.proxy.resetAll();
    put(5, 10);
    await expect.poll(shown, { timeout: 20_000 }).toHaveLength(10);
    stage.proxy.cutAfterBytes(70);
    put(10, 20);
    await expect.poll(shown, { timeout: 20_000 }).toHaveLength(20);
    stage.proxy.endAll();
    put(20, 30);
    await expect.poll(shown, { timeout: 20_000 }).toHaveLength(30);
    stage.kubelet.end(key);
    put(30, 40);
    await expect.poll(shown, { timeout: 20_000 }).toHaveLength(40);
    await interrupt();
    expect(shown()).toEqual(lines.map((line) => `test shop-test-pod[main] ${line}`));
    expect(stage.kubelet.asked.length).toBeGreaterThan(3);
  });

  it('shows the end of a start that was over before its stream was begun again, and the start after it', async () => {
    await stage.make(WORKLOAD);
    await stage.make(podYaml({ name: 'shop-test-pod', step: 'test' }));
    const key = 'default/shop-test-pod/main';
    stage.kubelet.write(key, at(1), 'first');
    const { terminal, interrupt } = stage.carto('tail shop');
    await expect.poll(() => terminal.written(), { timeout: 20_000 }).toContain('first');
    stage.proxy.setMode({ kind: 'refuse' });
    stage.proxy.resetAll();
    stage.kubelet.write(key, at(2), 'last words');
    stage.kubelet.restart(key);
    stage.kubelet.write(key, at(3), 'again');
    await stage.make(podYaml({ name: 'shop-test-pod', step: 'test', states: running('main', 1) }));
    stage.proxy.setMode({ kind: 'pass' });
    await expect.poll(() => terminal.written(), { timeout: 30_000 }).toContain('again');
    await expect.poll(() => terminal.written(), { timeout: 30_000 }).toContain('last words');
    await interrupt();
    const messages = terminal
      .written()
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/^.*\] /, ''));
    expect(messages.toSorted()).toEqual(['again', 'first', 'last words']);
  });

  it('shows what the object of a build on a Jenkins holds of its log, each line once, and where all of it is', async () => {
    await stage.make(WORKLOAD);
    const build = (lines: readonly string[], readAt: string): string => `
apiVersion: jenkins.carto.run/v1alpha1
kind: JenkinsBuild
metadata: {name: shop-ci, namespace: default, labels: {carto.run/workload-name: shop, carto.run/resource-name: test}}
spec: {serverRef: {name: ci}, job: shop}
status: {log: {url: "http://ci/1/console", readAt: "${readAt}", lines: [${lines.join()}]}}
`;
    await stage.make(build(['one', 'two'], at(1)));
    const { terminal, interrupt } = stage.carto('tail shop');
    await expect.poll(() => terminal.written(), { timeout: 20_000 }).toContain('two');
    await stage.make(build(['two', 'three'], at(2)));
    await expect.poll(() => terminal.written(), { timeout: 20_000 }).toContain('three');
    await interrupt();
    expect(terminal.written()).toBe(
      'test shop-ci[jenkins] one\ntest shop-ci[jenkins] two\ntest shop-ci[jenkins] three\n',
    );
    expect(terminal.told()).toBe('test shop-ci[jenkins] all of its log is at http://ci/1/console\n');
  });
});
