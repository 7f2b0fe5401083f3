import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FINDINGS, type FindingReason } from './findings.ts';
import {
  breakInstallation,
  breakWork,
  expireCertificate,
  INSTALLATION_FINDINGS,
  RUIN_FINDINGS,
  removeCertificate,
  ruinInstallation,
  WORK_FINDINGS,
} from './testing/breaks.ts';
import { emptyStage, type InstalledStage, installedStage } from './testing/installed-stage.ts';

const screen = (name: string): string => join(import.meta.dirname, 'testing/screens', `${name}.txt`);

type Report = {
  readonly checks: readonly {
    readonly check: string;
    readonly outcome: string;
    readonly notLooked: readonly string[];
    readonly findings: readonly { readonly reason: FindingReason; readonly message: string; readonly next: string }[];
  }[];
};

async function reportOf(at: InstalledStage, ...flags: readonly string[]): Promise<Report & { readonly code: number }> {
  const { out, code } = await at.run(['doctor', '-o', 'json', ...flags]);
  return { ...(JSON.parse(out) as Report), code };
}

function reasonsOf({ checks }: Report): ReadonlySet<FindingReason> {
  return new Set(checks.flatMap(({ findings }) => findings.map(({ reason }) => reason)));
}

async function expectScreens(at: InstalledStage, name: string): Promise<void> {
  for (const columns of [80, 120]) {
    for (const colour of [false, true]) {
      const { out } = await at.run(['doctor'], { columns, colour });
      await expect(out).toMatchFileSnapshot(screen(`${name}-${columns}${colour ? '-colour' : ''}`));
    }
  }
}

/** Findings that each have a test of their own. */
const ALONE: readonly FindingReason[] = ['NotInstalled', 'CertificateExpired', 'CertificateMissing', 'RightMissing'];

describe('carto doctor', () => {
  it('finds nothing where nothing is wrong', async () => {
    await using at = await installedStage();
    const { code, out, err } = await at.run(['doctor'], { columns: 80 });
    await expect(out).toMatchFileSnapshot(screen('well-80'));
    await expect((await at.run(['doctor'], { columns: 20 })).out).toMatchFileSnapshot(screen('well-20'));
    expect([code, err]).toEqual([0, 'looking at context test …\nall is well\n']);
    const report = await reportOf(at);
    expect([report.code, new Set(report.checks.map(({ outcome }) => outcome))]).toEqual([0, new Set(['fine'])]);
  });

  it('says of a cluster without Cartographer that nothing is installed, and nothing else', async () => {
    await using at = await emptyStage();
    const { code, out } = await at.run(['doctor'], { columns: 80 });
    await expect(out).toMatchFileSnapshot(screen('empty-80'));
    expect(code).toBe(2);
    expect([...reasonsOf(await reportOf(at))]).toEqual(['NotInstalled']);
  });

  it('finds everything that is broken about an installation', async () => {
    await using at = await installedStage();
    await breakInstallation(at);
    const report = await reportOf(at);
    expect(report.code).toBe(2);
    expect(reasonsOf(report)).toEqual(new Set(INSTALLATION_FINDINGS));
    await expectScreens(at, 'broken');
  });

  it('finds what is missing altogether, on a server that has nothing inside', async () => {
    await using at = await installedStage();
    await ruinInstallation(at);
    const report = await reportOf(at);
    expect(reasonsOf(report)).toEqual(new Set(RUIN_FINDINGS));
  });

  it('finds a certificate that has run out, and one that is missing', async () => {
    await using at = await installedStage();
    await expireCertificate(at);
    expect(reasonsOf(await reportOf(at))).toEqual(new Set(['CertificateExpired', 'WebhookUntrusted']));
    await removeCertificate(at);
    expect(reasonsOf(await reportOf(at))).toEqual(new Set(['CertificateMissing', 'WebhookUntrusted']));
  });

  it('finds chains and owners in trouble, the most frequent cause first, with the right mover', async () => {
    await using at = await installedStage();
    await breakWork(at);
    const report = await reportOf(at);
    expect(reasonsOf(report)).toEqual(new Set(WORK_FINDINGS));
    const owners = report.checks.find(({ check }) => check === 'owners')?.findings ?? [];
    expect(owners[1]?.message).toMatch(/^4 Workloads .*default\/four, default\/one, default\/three and 1 more/);
    await expectScreens(at, 'work');
  });

  it('never takes for well what it may not look at', async () => {
    await using at = await installedStage();
    const report = await reportOf(at, '--as', 'jane');
    expect(report.code).toBe(2);
    expect([...reasonsOf(report)]).toEqual(['RightMissing']);
    const unknown = report.checks.filter(({ outcome }) => outcome === 'unknown').map(({ check }) => check);
    expect(unknown).toEqual([
      'definitions',
      'controller',
      'leader',
      'controller rights',
      'webhooks',
      'certificates',
      'versions',
      'chains',
      'kinds',
      'accounts',
      'owners',
    ]);
  });

  it('ends with 1, and not with 0, when all that it saw is well', async () => {
    await using at = await installedStage();
    at.faults.inject({
      when: ({ path }) => path.endsWith('/leases/cartographer-controller'),
      times: 100,
      fault: { kind: 'status', code: 500, message: 'etcd is away' },
    });
    const { code, out, err } = await at.run(['doctor']);
    expect([code, err]).toEqual([1, '1 not looked at\n']);
    expect(out).toMatch(/\n\? leader: the lease cartographer-controller: etcd is away\n/);
  });

  it('ends with 1 and one line when the server does not answer, or not to us', async () => {
    await using at = await emptyStage();
    at.faults.inject({ when: () => true, times: 1, fault: { kind: 'reset' } });
    const lost = await at.run(['doctor', '-o', 'json']);
    expect([lost.code, lost.out, lost.err.trim().split('\n').length]).toEqual([1, '', 1]);
  });

  it('ends with 130 when it is interrupted while it waits for the leader', async () => {
    await using at = await installedStage();
    at.leader.silence();
    const interrupt = new AbortController();
    at.clock.schedule(5_000, () => interrupt.abort());
    expect(await at.run(['doctor'], undefined, interrupt)).toEqual({ code: 130, out: '', err: '' });
  });

  it('has a test for each finding', () => {
    const tested = new Set([...INSTALLATION_FINDINGS, ...RUIN_FINDINGS, ...WORK_FINDINGS, ...ALONE]);
    expect(Object.keys(FINDINGS).filter((reason) => !tested.has(reason as FindingReason))).toEqual([]);
  });
});
