import { scanningKinds } from '@cartographer/scanning';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { npmAdvisory } from '../../../scanning/src/scanner/testing/scan-stage.ts';
import { type FindingsStage, POLICY, stageFindings } from './testing/findings-stage.ts';

const ID = 'GHSA-0000-0000-0001';
const CVE = 'CVE-2026-1234';
let stage: FindingsStage;

beforeAll(async () => {
  stage = await stageFindings();
  await stage.apply(POLICY);
  const bad = { ...npmAdvisory(ID, 'left', { summary: 'Left goes \u001b[31mright' }), aliases: [CVE] };
  await stage.advisory(ID, bad);
  await stage.advisory('GHSA-0000-0000-0002', npmAdvisory('GHSA-0000-0000-0002', 'slow', { severity: 'LOW' }));
  await stage.advisory('GHSA-0000-0000-0003', npmAdvisory('GHSA-0000-0000-0003', 'nobody'));
  await stage.app('red', 'shop', ['left@1.2.3', 'slow@1.0.0']);
  await stage.app('blue', 'shop', ['left@2.0.0', 'right@1.0.0']);
  await stage.verdict('red', 'shop', 'Refused');
  await stage.verdict('blue', 'shop', 'Passed');
  await stage.apply(`
{apiVersion: v1, kind: ServiceAccount, metadata: {name: dev, namespace: red}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: dev, namespace: red}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}
subjects: [{kind: ServiceAccount, name: dev, namespace: red}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: scans-view, labels: {rbac.authorization.k8s.io/aggregate-to-edit: "true"}}
rules: [{apiGroups: [scanning.carto.run, carto.run], resources: ["*"], verbs: [get, list]}]
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: ca, namespace: cartographer-system}, rules: [{apiGroups: [""], resources: [configmaps], verbs: [get]}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: ca, namespace: cartographer-system}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: ca}
subjects: [{kind: ServiceAccount, name: dev, namespace: red}]
`);
}, 200_000);
afterAll(() => stage[Symbol.asyncDispose]());

const devToken = async (): Promise<{ readonly token: string }> =>
  stage.client.createToken({ namespace: 'red', name: 'dev' }, {});

describe('carto cve', () => {
  it.each([
    ['an id', ['cve', CVE], 2],
    ['another name of it, in any case', ['cve', ID.toLowerCase()], 2],
    ['a package', ['cve', 'left'], 2],
    ['a package URL', ['cve', 'pkg:npm/left'], 2],
    ['a version', ['cve', 'left@1.2.3'], 2],
    ['a version that passes', ['cve', 'left@2.0.0'], 0],
    ['what passes in a namespace', ['cve', 'left', '-n', 'blue'], 0],
    ['what nothing has', ['cve', 'GHSA-0000-0000-0003'], 0],
    ['a package that nothing has', ['cve', 'nothing'], 0],
    ['what no advisory has', ['cve', 'CVE-2000-9'], 3],
    ['a namespace without scans', ['cve', CVE, '-n', 'default'], 1],
    ['what cannot be asked', ['cve', 'pkg:npm'], 1],
  ])('%s ends as the gates say', async (_what, argv, code) => {
    const [laptop, cluster] = [await stage.run(argv), await stage.run(argv, { where: 'cluster' })];
    expect(laptop.code, laptop.out + laptop.err).toBe(code);
    expect(cluster).toEqual(laptop);
  });

  it.each([
    [80, false],
    [80, true],
    [120, false],
    [120, true],
  ])('shows who has it in %d columns, colours: %s', async (columns, colour) => {
    const { out } = await stage.run(['cve', CVE], { columns, colour });
    const { out: found } = await stage.run(['cve', 'left'], { columns, colour });
    await expect(stage.steady(out + found)).toMatchFileSnapshot(
      `testing/screens/cve-${columns}${colour ? '-colour' : ''}.txt`,
    );
  });

  it('gives programs all that is known, and nothing else', async () => {
    const { out } = await stage.run(['cve', CVE, '-o', 'json']);
    expect(JSON.parse(out)).toMatchObject({
      asked: CVE,
      told: 'scanner',
      looked: { scans: 2, openCount: 0 },
      items: [
        {
          namespace: 'red',
          owner: { kind: 'Workload', name: 'shop' },
          verdict: 'Refused',
          packages: [{ name: 'left', version: '1.2.3', places: ['app/node_modules/left/package.json'] }],
          findings: [{ id: ID, fixedIn: '2.0.0' }],
        },
      ],
    });
    const lines = (await stage.run(['cve', 'left', '-o', 'ndjson'])).out.trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { namespace: string }).namespace).toSorted()).toEqual([
      'blue',
      'red',
    ]);
  });

  it('tells who may not forward a port so, and what the statuses hold, which is never clean', async () => {
    const { token } = await devToken();
    const found = await stage.run(['cve', CVE, '-n', 'red'], { where: { token } });
    expect(found).toMatchObject({
      code: 2,
      err: expect.stringContaining('you may not list pods in namespace cartographer-system; what follows') as string,
      out: expect.stringContaining('left 1.2.3, fixed in 2.0.0') as string,
    });
    const none = await stage.run(['cve', 'GHSA-0000-0000-0003', '-n', 'red'], { where: { token } });
    expect(none).toMatchObject({ code: 1, out: expect.stringContaining('says little') as string });
    const narrowed = await stage.run(['cve', CVE], { where: { token } });
    expect(narrowed.err).toContain('you may not list scans everywhere: only namespace default is looked at');
  });
});

describe('carto findings', () => {
  it.each([
    ['red', 2],
    ['blue', 0],
  ])('of an app in %s end as its gate says', async (namespace, code) => {
    const [laptop, cluster] = [
      await stage.run(['findings', 'shop', '-n', namespace]),
      await stage.run(['findings', 'shop', '-n', namespace], { where: 'cluster' }),
    ];
    expect(laptop.code, laptop.err).toBe(code);
    expect(cluster).toEqual(laptop);
  });

  it.each([
    [80, false],
    [80, true],
    [120, false],
    [120, true],
  ])('stand in %d columns, colours: %s', async (columns, colour) => {
    const screens = await Promise.all(
      [[], ['--all']].map((more) => stage.run(['findings', 'shop', '-n', 'red', ...more], { columns, colour })),
    );
    const text = screens.map(({ out }) => out).join('');
    await expect(stage.steady(text)).toMatchFileSnapshot(
      `testing/screens/findings-${columns}${colour ? '-colour' : ''}.txt`,
    );
  });

  it('are given as SARIF, a run for each scan', async () => {
    const { out, code } = await stage.run(['findings', 'shop', '-n', 'red', '-o', 'sarif']);
    expect(code).toBe(2);
    const { runs } = JSON.parse(out) as { runs: { results: { ruleId: string }[]; invocations: object[] }[] };
    expect(runs.map(({ results }) => results.map(({ ruleId }) => ruleId).toSorted())).toEqual([
      [ID, 'GHSA-0000-0000-0002'],
    ]);
    expect(runs[0]?.invocations).toMatchObject([{ executionSuccessful: true }]);
  });

  it('of what is not there, or has no scan, are no yes', async () => {
    await stage.apply(
      '{apiVersion: carto.run/v1alpha1, kind: Workload, metadata: {name: bare, namespace: red}, spec: {}}',
    );
    expect(await stage.run(['findings', 'nosuch', '-n', 'red'])).toMatchObject({ code: 3 });
    expect(await stage.run(['findings', 'bare', '-n', 'red'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('workload red/bare has no scans') as string,
    });
  });

  it('are those of the status for who may not ask the scanner', async () => {
    const { token } = await devToken();
    const found = await stage.run(['findings', 'shop', '-n', 'red', '--all', '-o', 'json'], { where: { token } });
    expect(found.code, found.err).toBe(2);
    expect(JSON.parse(found.out)).toMatchObject({
      scans: [{ told: 'statuses', count: 2, findings: [{ id: ID, package: { name: 'left', version: '1.2.3' } }, {}] }],
    });
  });
});

describe('carto exception', () => {
  const create = ['exception', 'create', CVE, '-n', 'red', '--status', 'affected', '--reason', 'update is planned'];

  it('is not made without an end, without a yes, or for nothing', async () => {
    expect(await stage.run(create)).toMatchObject({
      code: 1,
      err: expect.stringContaining("'--expires <when>' not specified") as string,
    });
    expect(await stage.run([...create, '--expires', '30d'])).toMatchObject({ code: 7 });
    expect(await stage.run([...create, '--expires', '30d'], { answers: ['n'] })).toMatchObject({ code: 7 });
    expect(await stage.run(['exception', 'create', 'left', ...create.slice(3), '--expires', '1d'])).toMatchObject({
      code: 1,
    });
    const { items } = await stage.client.list(scanningKinds.VulnerabilityException, {});
    expect(items).toEqual([]);
  });

  it('is printed by a dry run, and not made', async () => {
    for (const where of ['client', 'server']) {
      const { code, out, err } = await stage.run([...create, '--expires', 'never', `--dry-run=${where}`]);
      expect([code, out.includes('expires: "9999-12-31T23:59:59Z"'), out.includes('accept: true')], err).toEqual([
        0,
        true,
        true,
      ]);
    }
    const refused = await stage.run([...create, '--expires', '1d', '--image', '', '--dry-run=server']);
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('spec.images[0]') as string });
    expect((await stage.client.list(scanningKinds.VulnerabilityException, {})).items).toEqual([]);
  });

  it('opens the gate, is listed, is made once, and closes the gate when it is deleted', async () => {
    const made = await stage.run([...create, '--package', 'pkg:npm/left', '--expires', '20d'], {
      answers: ['y'],
      columns: 80,
    });
    expect(made.code, made.err).toBe(0);
    await expect(stage.steady(made.out)).toMatchFileSnapshot('testing/screens/exception-create.txt');
    await stage.verdict('red', 'shop', 'Passed');
    const { out } = await stage.run(['findings', 'shop', '-n', 'red']);
    expect(out).toContain('excused by VulnerabilityException red/cve-2026-1234-left');
    await expect
      .poll(async () => (await stage.run(['exception', 'list', '-n', 'red'])).out, { timeout: 60_000 })
      .toMatch(/cve-2026-1234-left +CVE-2026-1234 +pkg:npm\/left +affected +in (19|20)d +1 of 1 +True +Excuses/);
    expect((await stage.run(['exception', 'list', '-A', '-o', 'name'])).out).toBe(
      'vulnerabilityexception.scanning.carto.run/cve-2026-1234-left\n',
    );
    const other = await stage.run([...create, '--package', 'pkg:npm/left', '--expires', 'never', '--yes']);
    expect(other).toMatchObject({ code: 4, err: expect.stringContaining('exists and says something else') as string });
    const gone = ['exception', 'delete', 'cve-2026-1234-left', '-n', 'red'];
    expect(
      await stage.run(['exception', 'delete', 'nosuch', 'cve-2026-1234-left', '-n', 'red', '--yes']),
    ).toMatchObject({ code: 3 });
    expect(await stage.run(gone)).toMatchObject({ code: 7 });
    expect(await stage.run([...gone, '--yes'])).toMatchObject({ code: 0 });
    await stage.verdict('red', 'shop', 'Refused');
    expect(await stage.run(['exception', 'list', '-n', 'red'])).toMatchObject({ code: 0, out: '' });
  });

  it('is written by whom the operator lets', async () => {
    const { token } = await devToken();
    const refused = await stage.run([...create, '--expires', '1d', '--yes'], { where: { token } });
    expect(refused).toMatchObject({
      code: 1,
      err: expect.stringContaining('whoever has the role scan-exceptions') as string,
    });
  });

  it('of the cluster is for namespaces by their labels', async () => {
    const flags = ['--cluster', '--namespaces', 'team=web', '--expires', '1d', '--dry-run'];
    const { out } = await stage.run([...create, ...flags]);
    expect(out).toContain('kind: ClusterVulnerabilityException');
    expect(out).toContain('team: web');
    expect(await stage.run([...create, '--namespaces', 'team=web', '--expires', '1d'])).toMatchObject({ code: 1 });
  });
});
