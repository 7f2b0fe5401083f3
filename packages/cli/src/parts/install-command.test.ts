import { crds } from '@cartographer/api';
import { defaultInstallValues, installation } from '@cartographer/controller';
import { createClient, systemClock } from '@cartographer/kube';
import type { WireRequest } from '@cartographer/machinery';
import { createFaultTransport, startEmbedded } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { install } from './install-command.ts';

async function stage() {
  const { adminTransport, close, server } = await startEmbedded();
  const faults = createFaultTransport(adminTransport, { clock: systemClock });
  const client = createClient({ transport: faults, clock: systemClock });
  const run = async (objects = installation(defaultInstallValues('1.2.3')), dryRun = false): Promise<string[]> => {
    const lines: string[] = [];
    const say = (line: string): void => void lines.push(line);
    await install(objects, { client, clock: systemClock, dryRun, say, signal: new AbortController().signal });
    return lines;
  };
  return { client, faults, run, server, [Symbol.asyncDispose]: close };
}

const ends = (lines: readonly string[]): ReadonlySet<string> =>
  new Set(lines.map((line) => line.split(' ').at(-1) ?? ''));

describe('carto install', () => {
  it('applies everything, waits for the definitions, and leaves all alone the second time', async () => {
    await using at = await stage();
    const first = await at.run();
    expect(first).toEqual([
      'namespace/cartographer-system created',
      ...crds().map(({ metadata }) => `customresourcedefinition/${metadata.name} created`),
      '11 definitions established',
      'serviceaccount/cartographer-controller in cartographer-system created',
      'clusterrole/cartographer-controller-admin created',
      'clusterrolebinding/cartographer-cluster-admin created',
      'role/cartographer-controller in cartographer-system created',
      'rolebinding/cartographer-controller in cartographer-system created',
      'clusterrole/cartographer-user-admin created',
      'clusterrole/cartographer-user-view created',
      'service/cartographer-controller-metrics-service in cartographer-system created',
      'service/cartographer-webhook in cartographer-system created',
      'networkpolicy/cartographer-controller in cartographer-system created',
      'poddisruptionbudget/cartographer-controller in cartographer-system created',
      'deployment/cartographer-controller in cartographer-system created',
      'validatingwebhookconfiguration/cartographer-validating-webhook-configuration skipped: this server does not know the kind',
    ]);
    const again = (await at.run()).filter((line) => !/established|skipped/.test(line));
    expect(ends(again)).toEqual(new Set(['unchanged']));
  });

  it('applies only the definitions when asked to', async () => {
    await using at = await stage();
    expect(await at.run(crds())).toHaveLength(12);
  });

  it('says what it would do in a dry run, and does nothing', async () => {
    await using at = await stage();
    const lines = await at.run(undefined, true);
    expect(lines[0]).toBe('namespace/cartographer-system created (dry run)');
    expect(lines).toContain(
      'serviceaccount/cartographer-controller in cartographer-system would be created in a namespace that is not there yet (dry run)',
    );
    const type = { group: '', version: 'v1', kind: 'Namespace', resource: 'namespaces', namespaced: false };
    await expect(at.client.get(type, { name: 'cartographer-system' })).rejects.toThrow(/not found/);
  });

  const reads = (end: string) => (request: WireRequest) => request.method === 'GET' && request.path.endsWith(end);

  it.each([
    [403, 'namespaces "cartographer-system" is forbidden'],
    [503, 'the server is currently unable to handle the request'],
  ])('does not take a read that fails with %d for an object that is not there', async (code, message) => {
    await using at = await stage();
    await at.run();
    const fault = { kind: 'status', code, message } as const;
    at.faults.inject({ when: reads('/namespaces/cartographer-system'), fault });
    const said = `namespace/cartographer-system cannot be read: ${message}; nothing was done to it`;
    await expect(at.run()).rejects.toThrow(said);
    await expect(at.run()).resolves.toContain('namespace/cartographer-system unchanged');
  });

  it('does not take a namespace that it may not read for one that is not there', async () => {
    await using at = await stage();
    const fault = { kind: 'status', code: 403, message: 'namespaces is forbidden' } as const;
    at.faults.inject({ when: reads('/namespaces/cartographer-system'), after: 1, times: 100, fault });
    await expect(at.run(undefined, true)).rejects.toThrow(
      'namespace/cartographer-system cannot be read: namespaces is forbidden',
    );
  });

  it.each([
    ['fails', { kind: 'status', code: 503, message: 'the aggregator is away' }, 'the aggregator is away'],
    [
      'is no discovery document',
      { kind: 'answer', answer: async () => ({ status: 200, headers: {}, body: {} }) },
      'the answer about /apis/admissionregistration.k8s.io/v1 is not a list of resources',
    ],
  ] as const)('does not skip a kind when the answer about its group %s', async (_how, fault, message) => {
    await using at = await stage();
    at.faults.inject({ when: reads('/apis/admissionregistration.k8s.io/v1'), times: 100, fault });
    await expect(at.run()).rejects.toThrow(message);
  });
});
