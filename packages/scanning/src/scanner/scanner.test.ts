import { describe, expect, it } from 'vitest';
import { changesTenScansOf, LEFT, ONE_SOURCE, settledWith } from './testing/one-advisory.ts';
import { digestFor, imageScan, npmAdvisory, npmBill, policy, scannerWrites } from './testing/scan-stage.ts';

describe('a new advisory', () => {
  it('changes the scans that carry its package, ten of a hundred, and nothing else', () => changesTenScansOf(100));

  it('is found again after the store was lost, which writes no scan', async () => {
    await using stage = await settledWith(4, 2);
    await stage.advisory('left.json', npmAdvisory(LEFT, 'left'));
    await stage.interval();
    const before = await stage.status('app-2');
    const since = stage.audit.length;
    await stage.loseStore();
    await stage.restart();
    await stage.interval();
    const { 'update clustervulnerabilitysources/status': sources = 0, ...others } = scannerWrites(stage, since);
    expect(others).toEqual({});
    expect(sources).toBeLessThanOrEqual(2);
    expect(await stage.status('app-2')).toEqual(before);
    expect(await stage.status('app-1')).toHaveProperty('compliantArtifact');
  });

  it('that was dropped in while nobody looked is told once, by the next process', async () => {
    await using stage = await settledWith(4, 2);
    await stage.scanner().stop();
    await stage.advisory('left.json', npmAdvisory(LEFT, 'left'));
    const since = stage.audit.length;
    await stage.restart();
    expect(scannerWrites(stage, since)).toEqual({ 'update imagescans/status': 2, 'create events': 2, ...ONE_SOURCE });
  });
});

describe('a scan', () => {
  it('of a new digest is judged anew, and what passed before it stays watched', async () => {
    await using stage = await settledWith(2, 2);
    const before = `registry.example.com/team/app-1@${digestFor(1)}`;
    expect((await stage.status('app-1')).lastCompliant).toMatchObject({ image: before, verdict: 'Passed' });
    await stage.advisory('bad.json', npmAdvisory('GHSA-0000-0000-0003', 'bad'));
    await stage.interval();
    stage.bills.set(digestFor(9), npmBill(['bad', '1.0.0']));
    await stage.apply(imageScan('app-1', 9));
    await stage.settled();
    const refused = await stage.status('app-1');
    expect(refused).toMatchObject({
      observedGeneration: 2,
      verdict: { result: 'Refused' },
      lastCompliant: { image: before },
    });
    expect(refused.compliantArtifact).toBeUndefined();

    const since = stage.audit.length;
    await stage.advisory('own.json', npmAdvisory('GHSA-0000-0000-0004', 'own-1'));
    await stage.interval();
    expect(scannerWrites(stage, since)).toEqual({ 'update imagescans/status': 1, 'create events': 1, ...ONE_SOURCE });
    const watched = await stage.status('app-1');
    expect(watched.lastCompliant).toMatchObject({ image: before, verdict: 'Refused' });
    expect(watched.conditions?.find(({ type }) => type === 'Ready')?.message).toContain('would now be refused');
  });

  it('that is deleted and made anew while its packages are read says nothing of the image that it had before', async () => {
    await using stage = await settledWith(2, 2);
    await stage.advisory('left.json', npmAdvisory(LEFT, 'left'));
    await stage.interval();
    stage.bills.set(digestFor(3), async () => {
      await stage.delete('ImageScan', 'moved');
      await stage.apply(imageScan('moved', 2));
      // The scanner has heard of both before it knows what the first image has in it.
      for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
      return npmBill(['own-3', '1.0.0']);
    });
    const since = stage.audit.length;
    await stage.apply(imageScan('moved', 3));
    await stage.settled();
    expect(scannerWrites(stage, since)).toEqual({ 'update imagescans/status': 1, 'create events': 1 });
    expect(await stage.status('moved')).toMatchObject({
      artifact: { registry: { image: `registry.example.com/team/moved@${digestFor(2)}` } },
      verdict: { number: 1, result: 'Refused' },
    });
  });

  it('says again what the scanner says when somebody writes another status', async () => {
    await using stage = await settledWith(2, 2);
    await stage.advisory('left.json', npmAdvisory(LEFT, 'left'));
    await stage.interval();
    const refused = await stage.status('app-2');
    const object = await stage.get('ImageScan', 'app-2');
    const forged = { ...refused, compliantArtifact: refused.artifact };
    await stage.client.updateStatus(
      { group: 'scanning.carto.run', version: 'v1alpha1', kind: 'ImageScan', resource: 'imagescans', namespaced: true },
      { ...object, status: forged },
    );
    await stage.settled();
    expect((await stage.status('app-2')).compliantArtifact).toBeUndefined();
  });

  it('changes when an exception begins and ends, and no other scan does', async () => {
    await using stage = await settledWith(4, 2);
    await stage.apply(policy('gate', ', exceptions: {namespaced: Allowed}'));
    await stage.advisory('left.json', npmAdvisory(LEFT, 'left'));
    await stage.interval();
    let since = stage.audit.length;
    const expires = new Date(stage.clock.now() + 3_600_000).toISOString();
    await stage.apply(`
apiVersion: scanning.carto.run/v1alpha1
kind: VulnerabilityException
metadata: {name: left, namespace: default}
spec: {vulnerability: ${LEFT}, status: not_affected, impact: never called, expires: "${expires}", digests: ["${digestFor(2)}"]}
`);
    await stage.settled();
    await stage.clock.advance(2_000);
    await stage.settled();
    expect(scannerWrites(stage, since)).toEqual({
      'update imagescans/status': 1,
      'create events': 1,
      'update vulnerabilityexceptions/status': 1,
    });
    expect((await stage.status('app-2')).compliantArtifact).toBeDefined();
    expect((await stage.status('app-4')).compliantArtifact).toBeUndefined();
    expect((await stage.get('VulnerabilityException', 'left'))['status']).toMatchObject({ matches: 1, excuses: 1 });

    since = stage.audit.length;
    await stage.clock.advance(3_600_000);
    await stage.settled();
    expect(scannerWrites(stage, since)).toEqual({
      'update imagescans/status': 1,
      'create events': 1,
      'update vulnerabilityexceptions/status': 1,
    });
    expect((await stage.status('app-2')).verdict?.result).toBe('Refused');
  });

  it('is woken by a policy of its namespace, and by no other policy', async () => {
    await using stage = await settledWith(2, 2);
    let since = stage.audit.length;
    await stage.apply(
      policy('other', '').replace('namespaceSelector: {}', 'namespaceSelector: {matchLabels: {team: red}}'),
    );
    await stage.settled();
    expect(scannerWrites(stage, since)).toEqual({ 'update clusterscanpolicies/status': 1 });
    since = stage.audit.length;
    await stage.apply('apiVersion: v1\nkind: Namespace\nmetadata: {name: default, labels: {team: red}}\n');
    await stage.settled();
    expect(scannerWrites(stage, since)).toEqual({ 'update imagescans/status': 2, 'create events': 2 });
    expect((await stage.status('app-1')).verdict?.policies).toEqual(['gate@1', 'other@1']);
  });
});
