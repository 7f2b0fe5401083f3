import { carto } from '@cartographer/api';
import { watches } from '@cartographer/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EXIT } from '../frame/exit-codes.ts';
import { type OwnerStage, startOwnerStage, stepStatus, workloadYaml } from './testing/owner-stage.ts';

let stage: OwnerStage;
beforeEach(async () => {
  stage = await startOwnerStage();
  await stage.apply(workloadYaml('shop'));
});
afterEach(() => stage.close());

const begin = (...argv: readonly string[]) => stage.begin(['workload', 'wait', 'shop', ...argv]);
const watching = async (): Promise<void> => {
  await stage.clock.advanceUntil(() => stage.transport.requests.some(watches));
};

describe('workload wait', () => {
  it('ends with 0 once the owner is ready, and tells of each step that changed', async () => {
    await stage.says('shop', {
      ready: 'Unknown',
      resources: [stepStatus('source', 'Unknown', { message: 'no commit yet' })],
    });
    const { ended } = begin();
    await watching();
    const source = stepStatus('source', 'True', { output: ['revision', 'main@sha1:4f2a9c1'] });
    await stage.says('shop', {
      ready: 'Unknown',
      resources: [source, stepStatus('image', 'Unknown', { message: 'builds' })],
    });
    await stage.clock.settle();
    await stage.says('shop', {
      ready: 'True',
      resources: [source, stepStatus('image', 'True', { output: ['image', 'a/b@sha256:1'] })],
    });
    const { written, told, exitCode } = await ended();
    expect(written()).toBe('workload team/shop is ready\n');
    expect(told()).toMatchInlineSnapshot(`
      "◐ running  source  no commit yet
      ● ready    source  main@sha1:4f2a9c1
      ◐ running  image   builds
      ● ready    image   a/b@sha256:1
      "
    `);
    expect(exitCode).toBe(EXIT.done);
  });

  it('does not take what was said of an earlier generation for an answer', async () => {
    await stage.says('shop', { ready: 'True' });
    await stage.apply(workloadYaml('shop', '-2'));
    const { ended } = begin('--timeout', '30s');
    await watching();
    await stage.clock.advance(30_000);
    const { told, exitCode } = await ended();
    expect(told()).toContain(
      'workload team/shop is not ready after 30s: the controller has not looked at generation 2 yet',
    );
    expect(exitCode).toBe(EXIT.timedOut);
  });

  it('says after its time what holds the owner, whose move it is and the next step', async () => {
    const resources = [
      stepStatus('image', 'False', { reason: 'TemplateRejectedByAPIServer', message: 'no such field' }),
    ];
    await stage.says('shop', {
      ready: 'False',
      reason: 'TemplateRejectedByAPIServer',
      message: 'no such field',
      resources,
    });
    const { ended } = begin('--timeout', '5m');
    await watching();
    await stage.clock.advance(300_000);
    const { told, exitCode } = await ended();
    expect(told().split('\n').at(-2)).toMatchInlineSnapshot(
      `"carto: workload team/shop is not ready after 5m: step "image" is failed: no such field; move: platform; next: read the server's text. A name longer than 63 characters (owner, step, template, blueprint) cannot be the label that each stamped object carries: the message names both. Retries; *forbidden* every 30 s, and at once when the right comes"`,
    );
    expect(exitCode).toBe(EXIT.timedOut);
  });

  it('goes on through a failure, which the next change may mend, and ends with 2 by --fail-fast', async () => {
    const failed = {
      ready: 'False',
      reason: 'Bad',
      message: 'tests failed',
      resources: [stepStatus('test', 'False', { message: 'tests failed' })],
    } as const;
    await stage.says('shop', failed);
    const patient = begin();
    await watching();
    const hasty = await begin('--fail-fast').ended();
    expect(hasty.exitCode).toBe(EXIT.no);
    expect(hasty.told()).toContain('workload team/shop is not ready: step "test" is failed: tests failed');
    await stage.says('shop', { ready: 'True', resources: [stepStatus('test', 'True')] });
    expect((await patient.ended()).exitCode).toBe(EXIT.done);
  });

  it('takes a lost watch up again', async () => {
    stage.transport.inject({ when: watches, times: 3, fault: { kind: 'reset' } });
    const { ended } = begin();
    await stage.clock.advanceUntil(() => stage.transport.requests.filter(watches).length > 3);
    await stage.says('shop', { ready: 'True' });
    await stage.clock.settle();
    const { told, exitCode } = await ended();
    expect(told()).toContain('the watch was lost, trying again: ');
    expect(exitCode).toBe(EXIT.done);
  });

  it('is not moved by a clock that is set back or on', async () => {
    const { ended } = begin('--timeout', '1m');
    await watching();
    stage.clock.jump(-86_400_000);
    await stage.clock.advance(30_000);
    stage.clock.jump(2 * 86_400_000);
    await stage.says('shop', { ready: 'True' });
    expect((await ended()).exitCode).toBe(EXIT.done);
  });

  it('ends with 130 by Ctrl-C', async () => {
    const { ended, interrupt } = begin();
    await watching();
    interrupt.abort();
    const { told, exitCode } = await ended();
    expect(exitCode).toBe(EXIT.interrupted);
    expect(told()).toBe('');
  });

  it('ends with 3 when the owner is deleted meanwhile', async () => {
    const { ended } = begin();
    await watching();
    await stage.client.delete(carto.kinds.Workload, { namespace: 'team', name: 'shop' });
    const { told, exitCode } = await ended();
    expect(told()).toBe('carto: workload team/shop was deleted while it was waited for\n');
    expect(exitCode).toBe(EXIT.notFound);
  });

  it('waits for a deletion, and takes what is not there for deleted', async () => {
    const { ended } = begin('--for', 'deleted');
    await watching();
    await stage.client.delete(carto.kinds.Workload, { namespace: 'team', name: 'shop' });
    expect((await ended()).written()).toBe('workload team/shop is deleted\n');
    expect((await begin('--for', 'deleted').ended()).exitCode).toBe(EXIT.done);
  });

  it('says of a deletion that does not come what holds the owner', async () => {
    const finalizers = { metadata: { finalizers: ['example.com/hold'] } };
    const key = { namespace: 'team', name: 'shop' };
    await stage.client.patch(carto.kinds.Workload, key, { kind: 'merge', body: finalizers });
    await stage.client.delete(carto.kinds.Workload, key);
    const { ended } = begin('--for', 'deleted', '--timeout', '10s');
    await watching();
    await stage.clock.advance(10_000);
    expect((await ended()).told()).toContain('is not deleted after 10s: its finalizers hold it: example.com/hold');
  });

  it.each([
    ['step=image', 'workload team/shop is ready at step "image"'],
    ['step=im', 'workload team/shop is ready at step "image"'],
    ['output=image', 'workload team/shop is there with an output of step "image"'],
    ['output=image.image', 'workload team/shop is there with output image.image'],
    ['output=image=@sha256:1', 'workload team/shop is there with an output of step "image" that has "@sha256:1"'],
    ['output=image.image=a/b@sha256:1', 'workload team/shop is there with output image.image that has "a/b@sha256:1"'],
  ])('waits for %s, whatever later steps do', async (goal, answer) => {
    const app = stepStatus('app', 'Unknown', { message: 'starts' });
    await stage.says('shop', {
      ready: 'Unknown',
      resources: [stepStatus('image', 'Unknown', { message: 'builds' }), app],
    });
    const { ended } = begin('--for', goal);
    await watching();
    const image = stepStatus('image', 'True', { output: ['image', 'a/b@sha256:1'] });
    await stage.says('shop', { ready: 'Unknown', resources: [image, app] });
    expect((await ended()).written()).toBe(`${answer}\n`);
  });

  it.each([
    ['step=nothing', 'there is no step "nothing": its steps are image'],
    ['output=.x', '--for "output=.x" is none of ready, deleted'],
    ['step=a.b', '--for "step=a.b" is none of ready, deleted'],
    ['gone', '--for "gone" is none of ready, deleted'],
  ])('refuses --for %s', async (goal, message) => {
    await stage.says('shop', { ready: 'Unknown', resources: [stepStatus('image', 'Unknown')] });
    const { told } = await begin('--for', goal).ended();
    expect(told()).toContain(`carto: ${message}`);
  });

  it('names what may have been meant by a name that is not there', async () => {
    await stage.apply(
      '{apiVersion: carto.run/v1alpha1, kind: Deliverable, metadata: {name: shpo, namespace: team}, spec: {}}',
    );
    const { told, exitCode } = await stage.begin(['workload', 'wait', 'shpo']).ended();
    expect(told()).toMatchInlineSnapshot(`
      "carto: workload "team/shpo" not found in context test; did you mean shop?; there is a deliverable of that name: deliverable/shpo
      "
    `);
    expect(exitCode).toBe(EXIT.notFound);
  });

  it('says when it is the namespace that is missing', async () => {
    const { told, exitCode } = await begin('-n', 'taem').ended();
    expect(told()).toBe('carto: there is no namespace "taem" in context test: create it, or correct --namespace\n');
    expect(exitCode).toBe(EXIT.notFound);
  });
});
