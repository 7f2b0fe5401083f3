import type { JsonObject, KubeObject } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { nextServiceStatus, type ServiceOutcome, serviceEvents } from './service-status.ts';

const NOW = Date.parse('2026-11-23T05:44:15Z');
const service = (status?: JsonObject): KubeObject => ({
  apiVersion: 'serving.knative.dev/v1',
  kind: 'Service',
  metadata: { namespace: 'default', name: 'web', generation: 2 },
  ...(status === undefined ? {} : { status }),
});
const url = 'http://127.0.0.1:4000';
const conditions = (outcome: ServiceOutcome): unknown =>
  nextServiceStatus(service(), outcome, NOW).conditions?.map(({ type, status, reason, message }) =>
    [type, status, reason, message].filter((part) => part !== undefined).join(' '),
  );
const waiting = 'RevisionMissing Configuration "web" is waiting for a Revision to become ready.';
const failure = 'RevisionFailed Revision "web-00002" failed with message: it is broken';

describe('the status of a Service', () => {
  it.each<[string, ServiceOutcome, readonly string[]]>([
    [
      'waits for the first revision',
      { created: 'web-00001', state: { kind: 'deploying' }, url },
      ['ConfigurationsReady Unknown', `Ready Unknown ${waiting}`, `RoutesReady Unknown ${waiting}`],
    ],
    [
      'is ready with it',
      { created: 'web-00001', state: { kind: 'ready' }, ready: 'web-00001', serving: 'web-00001', url },
      ['ConfigurationsReady True', 'Ready True', 'RoutesReady True'],
    ],
    [
      'keeps its routes while the next one is deployed',
      { created: 'web-00002', state: { kind: 'deploying' }, ready: 'web-00001', serving: 'web-00001', url },
      ['ConfigurationsReady Unknown', 'Ready Unknown', 'RoutesReady True'],
    ],
    [
      'says why the next one takes long',
      { created: 'web-00002', state: { kind: 'deploying', message: 'no answer yet' }, ready: 'web-00001', url },
      [
        'ConfigurationsReady Unknown Revision "web-00002": no answer yet',
        'Ready Unknown Revision "web-00002": no answer yet',
        'RoutesReady True',
      ],
    ],
    [
      'and when that one fails',
      { created: 'web-00002', state: { kind: 'failed', message: 'it is broken' }, ready: 'web-00001', url },
      [`ConfigurationsReady False ${failure}`, `Ready False ${failure}`, 'RoutesReady True'],
    ],
    [
      'has no routes when the first one fails',
      { created: 'web-00002', state: { kind: 'failed', message: 'it is broken' }, url },
      [
        `ConfigurationsReady False ${failure}`,
        `Ready False ${failure}`,
        'RoutesReady False RevisionMissing Configuration "web" does not have any ready Revision.',
      ],
    ],
  ])('%s', (_name, outcome, wanted) => {
    expect(conditions(outcome)).toEqual(wanted);
  });

  it('stays as it is when nothing is new, and dates a condition by its status alone', () => {
    const failed = (message: string): ServiceOutcome => ({
      created: 'web-00001',
      state: { kind: 'failed', message },
      url,
    });
    const first = nextServiceStatus(service(), failed('a'), NOW);
    expect(nextServiceStatus(service(first), failed('a'), NOW + 60_000)).toEqual(first);
    const second = nextServiceStatus(service(first), failed('b'), NOW + 60_000);
    expect(second.conditions?.map(({ lastTransitionTime }) => lastTransitionTime)).toEqual(
      first.conditions?.map(({ lastTransitionTime }) => lastTransitionTime),
    );
  });

  it('comes with one event for each change', () => {
    const outcome: ServiceOutcome = { created: 'web-00001', state: { kind: 'ready' }, ready: 'web-00001', url };
    expect(serviceEvents(service(), outcome).map(({ reason }) => reason)).toEqual(['Created', 'LatestReadyUpdate']);
    const status = nextServiceStatus(service(), outcome, NOW);
    expect(serviceEvents(service(status), outcome)).toEqual([]);
    const failed: ServiceOutcome = { ...outcome, state: { kind: 'failed', message: 'x'.repeat(9_000) } };
    expect(serviceEvents(service(status), failed).map(({ reason }) => reason)).toEqual(['RevisionFailed']);
    const worse = nextServiceStatus(service(status), failed, NOW);
    expect(serviceEvents(service(worse), failed)).toEqual([]);
  });
});
