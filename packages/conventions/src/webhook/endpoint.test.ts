import { Buffer } from 'node:buffer';
import { selfSigned } from '@cartographer/testkit';
import { describe, expect, it } from 'vitest';
import { type ClientConfig, endpointOf } from './endpoint.ts';

const timeoutMs = 10_000;
const pair = await selfSigned(['a']);

describe('the endpoint of a client config', () => {
  it('is its URL as given', () => {
    const { url, ...more } = endpointOf({ url: 'https://10.0.0.1:9000/hook/' }, { timeoutMs });
    expect([url.href, more]).toEqual(['https://10.0.0.1:9000/hook/', { timeoutMs }]);
  });

  it.each<[href: string, service: ClientConfig['service']]>([
    ['https://basic.team.svc/', { namespace: 'team', name: 'basic' }],
    ['https://basic.team.svc:8443/a.b/c/', { namespace: 'team', name: 'basic', port: 8443, path: '/a.b/c/' }],
    ['https://basic.team.svc/', { namespace: 'team', name: 'basic', port: 443, path: '/' }],
  ])('is the name of its Service within the cluster: %s', (href, service) => {
    const { url, serverName } = endpointOf({ service }, { timeoutMs });
    expect([url.href, serverName]).toEqual([href, 'basic.team.svc']);
  });

  it('has the authorities of the bundle, or those from elsewhere in their place', () => {
    const caBundle = Buffer.from(`# first\n${pair.certPem}`).toString('base64');
    const url = 'https://a';
    expect(endpointOf({ url, caBundle }, { timeoutMs }).caPem?.trim()).toBe(pair.certPem.trim());
    expect(endpointOf({ url, caBundle }, { timeoutMs, caPem: 'PEM' }).caPem).toBe('PEM');
    expect(endpointOf({ url, caBundle: '' }, { timeoutMs }).caPem).toBeUndefined();
  });

  const service = { namespace: 'team', name: 'basic' };
  it.each<[says: string, config: ClientConfig]>([
    ['[url, service]: expected exactly one, got both', { url: 'https://a', service }],
    ['[url, service]: expected exactly one, got neither', {}],
    ['url: nope is no URL; write it as https://HOST:PORT/PATH', { url: 'nope' }],
    ['url: http://a/ is asked without TLS', { url: 'http://a' }],
    ['url: https://a/ has a user in front', { url: 'https://me:hush@a/' }],
    ['url: https://a/x has a query behind it', { url: 'https://a/x?token=hush' }],
    ['url: https://a/x has a query behind it', { url: 'https://a/x?' }],
    ['url: https://a/x has a fragment behind it', { url: 'https://a/x#hush' }],
    ['service.namespace: it is empty; name the Service', { service: { name: 'basic' } }],
    ['service.name: it is empty; name the Service', { service: { namespace: 'team' } }],
    ['service.name: must not contain dots', { service: { ...service, name: 'evil.example' } }],
    ['service.name: a lowercase RFC 1123 label', { service: { ...service, name: 'a/b' } }],
    ['service.port: 0 is no port', { service: { ...service, port: 0 } }],
    ['service.port: 65536 is no port', { service: { ...service, port: 65_536 } }],
    ['service.port: 1.5 is no port', { service: { ...service, port: 1.5 } }],
    ['service.path: hook does not begin with /', { service: { ...service, path: 'hook' } }],
    ['service.path: //a does not begin with /', { service: { ...service, path: '//a' } }],
    ['service.path: /a?b does not begin with /', { service: { ...service, path: '/a?b' } }],
    ['service.path: /../x does not begin with /', { service: { ...service, path: '/../x' } }],
    ['caBundle: it is not the base64 text of certificates in PEM', { url: 'https://a', caBundle: 'bm8=' }],
  ])('is none: %s', (says, config) => {
    const make = (): unknown => endpointOf(config, { timeoutMs });
    expect(make).toThrow(`spec.webhook.clientConfig.${says}`);
    expect(make).not.toThrow('hush');
    expect(make).toThrow(expect.objectContaining({ failure: 'invalid-endpoint', retry: 'never' }));
  });
});
