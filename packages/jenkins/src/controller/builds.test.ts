import { describe, expect, it } from 'vitest';
import { build, createJenkinsStage, server } from './testing/jenkins-stage.ts';

describe('a build', () => {
  it('is triggered once, followed through queue and run, and hands on what it made', async () => {
    await using stage = await createJenkinsStage();
    stage.jenkins.jobs.set('app', {
      parameters: ['GIT_URL', 'CARTO_RUN_ID'],
      takesMs: 20_000,
      artifacts: { 'out/image.txt': 'registry.example.com/app@sha256:abc\n' },
    });
    await stage.restart();
    await stage.apply(server());
    await stage.apply(
      build(
        'one',
        ', parameters: {GIT_URL: https://git/x}, outputs: [{name: image, from: artifact, path: out/image.txt}]',
      ),
    );
    await stage.pass(500);
    expect(await stage.said('one')).toMatch(/Queued/);
    await stage.pass(10_000);
    expect(await stage.said('one')).toMatch(/Running/);
    const status = await stage.ended('one');
    expect(status.outputs).toEqual({ image: 'registry.example.com/app@sha256:abc' });
    expect(stage.jenkins.made).toBe(1);
    expect(await stage.said('one', 'Triggered')).toBe('Triggered True Triggered');
    expect(await stage.said('one', 'Ready')).toBe('Ready True Succeeded');
    const { length } = stage.jenkins.requests;
    await stage.pass(3_600_000);
    expect(stage.jenkins.requests.length).toBe(length);
  });
});
