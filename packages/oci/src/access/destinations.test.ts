import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDestinations, type DestinationRules } from './destinations.ts';
import { RegistryError } from './registry-error.ts';

function reaches(address: string, url: string, rules: DestinationRules = {}): boolean {
  try {
    createDestinations(rules).checkAddress(address, new URL(url));
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(RegistryError);
    expect(error).toMatchObject({ reason: 'DestinationRefused', message: expect.stringContaining(new URL(url).host) });
    return false;
  }
}

const R = 'https://r.example/v2/';

describe('destinations', () => {
  it.each([
    '127.0.0.1',
    '127.255.0.1',
    '0.0.0.0',
    '169.254.169.254',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'febf::1',
    'fec0::1',
    'fd00:ec2::254',
    'fd20:ce::254',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:0:127.0.0.1',
    '64:ff9b::169.254.169.254',
    '64:ff9b:1::1',
    '64:ff9b::a9fe:a9fe',
    '2002:7f00:1::',
    '::127.0.0.1',
    '0:0:0:0:0:ffff:a9fe:a9fe',
  ])('%s is refused', (address) => {
    expect(reaches(address, R)).toBe(false);
  });

  it.each([
    '1.2.3.4',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '169.253.0.1',
    '169.255.0.1',
    '100.100.100.201',
    '126.255.255.255',
    '128.0.0.1',
    '223.255.255.255',
    'fd00::1',
    '2001:db8::1',
    '::ffff:10.0.0.1',
    '64:ff9b::1.2.3.4',
    '2002:102:304::1',
    'fe00::1',
  ])('%s is not', (address) => {
    expect(reaches(address, R)).toBe(true);
  });

  it('are refused where the API server is, in all spellings', () => {
    const refused = ['10.96.0.1', '10.0.0.2:6443', 'fd00::10'];
    const rules = { refused };
    expect(reaches('10.96.0.1', R, rules)).toBe(false);
    expect(reaches('::ffff:10.96.0.1', R, rules)).toBe(false);
    expect(reaches('10.0.0.2', R, rules)).toBe(true);
    expect(reaches('10.0.0.2', 'https://r.example:6443/', rules)).toBe(false);
    expect(reaches('fd00::10', R, rules)).toBe(false);
    expect(reaches('fd00::11', R, rules)).toBe(true);
    expect(reaches('10.96.0.1', R, { refused, allowed: ['r.example'] })).toBe(true);
  });

  it.each<[string, string, string, boolean]>([
    ['r.example', '127.0.0.1', R, true],
    ['R.Example', '127.0.0.1', R, true],
    ['r.example:443', '127.0.0.1', R, true],
    ['r.example:80', '127.0.0.1', R, false],
    ['r.example:80', '127.0.0.1', 'http://r.example/', true],
    ['other.example', '127.0.0.1', R, false],
    ['127.0.0.1:5000', '127.0.0.1', 'http://127.0.0.1:5000/', true],
    ['127.0.0.1:5000', '127.0.0.1', 'http://127.0.0.1:5001/', false],
    ['127.0.0.1:5000', '127.0.0.1', 'http://localhost:5000/', true],
    ['127.0.0.1', '127.0.0.1', 'http://127.0.0.1:1/', true],
    ['::1', '::1', 'http://[::1]:5000/', true],
    ['[::1]:5000', '::1', 'http://[::1]:5000/', true],
    ['[::1]:5000', '::1', 'http://[::1]:5001/', false],
    ['0:0::1', '::1', 'http://[::1]:5000/', true],
  ])('that are listed as %s are allowed at %s of %s: %s', (listed, address, url, expected) => {
    expect(reaches(address, url, { allowed: [listed] })).toBe(expected);
  });

  it('are asked without TLS only where they are listed so', () => {
    const destinations = createDestinations({ plainHttp: ['r.example:5000', 'plain.example'] });
    const hosts = ['r.example:5000', 'r.example', 'plain.example', 'plain.example:1', 'other.example'];
    expect(hosts.map((host) => destinations.schemeFor(host))).toEqual(['http:', 'https:', 'http:', 'http:', 'https:']);
    const check = (url: string): void => destinations.checkUrl(new URL(url));
    for (const url of ['https://other.example/', 'http://r.example:5000/', 'http://plain.example/']) check(url);
    for (const url of ['http://other.example/', 'http://r.example/', 'ftp://plain.example/', 'file:///etc/passwd']) {
      expect(() => check(url)).toThrow('without TLS');
    }
  });

  it('that hold an IPv4 address are as refused as that one', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        for (const prefix of ['::ffff:', '64:ff9b::', '::ffff:0:']) {
          expect(reaches(`${prefix}${address}`, R)).toBe(reaches(address, R));
        }
      }),
    );
  });
});
