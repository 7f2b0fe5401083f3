import type { Client } from '@cartographer/kube';
import { type KubeObject, silentLog } from '@cartographer/machinery';
import { createDestinations } from '@cartographer/oci';
import { startEmbedded } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { apiServerAddresses } from './api-server-addresses.ts';

const { signal } = new AbortController();
const slice: KubeObject = {
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: 'kubernetes', namespace: 'default' },
  addressType: 'IPv4',
  endpoints: [{ addresses: ['10.0.0.2'] }, { addresses: ['10.0.0.3'] }],
  ports: [{ name: 'https', port: 6443 }],
};
const answering = (answer: () => Promise<KubeObject>): Pick<Client, 'get'> => ({ get: answer });
const resolve = async (host: string): Promise<readonly string[]> =>
  host === 'api.example.com' ? ['203.0.113.7', '2001:db8::7'] : Promise.reject(new Error(`no host ${host}`));

function warnings() {
  const said: string[] = [];
  const log = {
    ...silentLog,
    warn: (fields: object, text: string) => void said.push(`${text} ${JSON.stringify(fields)}`),
  };
  return { log, said };
}

describe('the addresses of the API server', () => {
  it('are those of its URL and those behind its Service', async () => {
    const client = answering(() => Promise.resolve(slice));
    const found = (server: string) => apiServerAddresses({ server, client, log: silentLog, signal, resolve });
    const behind = ['10.0.0.2:6443', '10.0.0.3:6443'];
    expect(await found('https://api.example.com:6443')).toEqual(['203.0.113.7:6443', '[2001:db8::7]:6443', ...behind]);
    expect(await found('https://10.96.0.1')).toEqual(['10.96.0.1:443', ...behind]);
    expect(await found('https://[fd00::1]:6443')).toEqual(['[fd00::1]:6443', ...behind]);
  });

  it('are refused as destinations, at their port, unless they are listed', async () => {
    const client = answering(() => Promise.resolve(slice));
    const refused = await apiServerAddresses({ server: 'https://[fd00::1]:6443', client, log: silentLog, signal });
    const check = (address: string, port: number, allowed: readonly string[] = []) => {
      const url = new URL(`https://registry.example.com:${port}/v2/`);
      return () => createDestinations({ refused, allowed }).checkAddress(address, url);
    };
    expect(check('10.0.0.3', 6443)).toThrow(/registry\.example\.com:6443 is not asked/);
    expect(check('fd00::1', 6443)).toThrow(/is not asked/);
    expect(check('::ffff:10.0.0.3', 6443)).toThrow(/is not asked/);
    expect(check('10.0.0.3', 5000)).not.toThrow();
    expect(check('10.0.0.3', 6443, ['10.0.0.3:6443'])).not.toThrow();
  });

  it('that cannot be found out are warned of, and the others count', async () => {
    const { log, said } = warnings();
    const forbidden = answering(() => Promise.reject(new Error('endpointslices is forbidden')));
    expect(await apiServerAddresses({ server: 'https://gone:1', client: forbidden, log, signal, resolve })).toEqual([]);
    expect(said.toSorted()).toEqual([expect.stringContaining('is forbidden'), expect.stringContaining('no host gone')]);
    expect(
      await apiServerAddresses({ server: 'https://10.1.1.1:6443', client: forbidden, log, signal, resolve }),
    ).toEqual(['10.1.1.1:6443']);
  });

  it('are only those of its URL on a server that publishes none', async () => {
    await using embedded = await startEmbedded().then((at) => ({ ...at, [Symbol.asyncDispose]: at.close }));
    const { log, said } = warnings();
    const { client } = embedded;
    expect(await apiServerAddresses({ server: 'https://127.0.0.1:6443', client, log, signal })).toEqual([
      '127.0.0.1:6443',
    ]);
    expect(said).toEqual([]);
  });
});
