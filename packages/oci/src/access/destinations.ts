import { BlockList, isIP } from 'node:net';
import { RegistryError } from './registry-error.ts';

/** Where registries may be. Lists are `HOST`, `HOST:PORT` or, of addresses, `ADDRESS`, `ADDRESS:PORT`. */
export type DestinationRules = {
  /** Hosts and addresses that are allowed although they are of this machine, link-local or refused below. */
  readonly allowed?: readonly string[];
  /** Hosts that are spoken to without TLS, and get credentials without it; all others are not. */
  readonly plainHttp?: readonly string[];
  /** Addresses that are refused besides: those of the API server. */
  readonly refused?: readonly string[];
};

/** Decides where a request may go. */
export interface Destinations {
  /** `http:` for hosts that are listed so, else `https:`. */
  schemeFor(host: string): 'http:' | 'https:';
  /** @throws RegistryError when the URL is neither HTTPS nor of a host that is listed for plain HTTP. */
  checkUrl(url: URL): void;
  /**
   * Asked for each address that a connection is about to be opened to, once its name is resolved.
   *
   * @throws RegistryError when it may not.
   */
  checkAddress(address: string, url: URL): void;
}

/** This machine, links, what clouds answer metadata on, and what is no single machine. */
const REFUSED_NETS: readonly (readonly [net: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['100.100.100.200', 32], // Alibaba
  ['168.63.129.16', 32], // Azure
  ['192.0.0.192', 32], // Oracle
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['::', 128],
  ['::1', 128],
  ['64:ff9b:1::', 48], // NAT64 of a network's own, which can lead to all of the above
  ['fe80::', 10],
  ['fec0::', 10],
  ['fd00:ec2::', 32], // AWS
  ['fd20:ce::', 32], // Google
  ['ff00::', 8],
];
/** IPv6 addresses that lead to the IPv4 address in them, and after how many of their eight groups it stands. */
const EMBEDDED: readonly (readonly [start: readonly number[], at: number])[] = [
  [[0, 0, 0, 0, 0, 0xffff], 6], // mapped
  [[0, 0, 0, 0, 0xffff, 0], 6], // translated
  [[0x64, 0xff9b, 0, 0, 0, 0], 6], // NAT64
  [[0x2002], 1], // 6to4
  [[0, 0, 0, 0, 0, 0], 6], // compatible
];

const LOOPBACK = /^(?:localhost|127(?:\.[0-9]+){3}|\[::1\])(?::[0-9]+)?$/;

/** Whether a registry is one of this machine, by its name: container tools speak plain HTTP to those. */
export function isLoopbackRegistry(host: string): boolean {
  return LOOPBACK.test(host);
}

/** Makes the {@link Destinations} of some rules. */
export function createDestinations({
  allowed = [],
  plainHttp = [],
  refused = [],
}: DestinationRules = {}): Destinations {
  const nets = new BlockList();
  for (const [net, prefix] of REFUSED_NETS) nets.addSubnet(net, prefix, net.includes(':') ? 'ipv6' : 'ipv4');
  const allow = places(allowed);
  const plain = places(plainHttp);
  const refuse = places(refused);

  function isRefused(address: string, port: number): boolean {
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (nets.check(address, family) || has(refuse, address, port)) return true;
    const inner = family === 'ipv6' ? embeddedIn(address) : undefined;
    return inner !== undefined && isRefused(inner, port);
  }

  return {
    schemeFor: (host) => {
      const url = new URL(`http://${host}`);
      return has(plain, url.hostname, portOf(url)) ? 'http:' : 'https:';
    },
    checkUrl(url) {
      const isListed = url.protocol === 'http:' && has(plain, url.hostname, portOf(url));
      if (url.protocol === 'https:' || isListed) return;
      throw refusal(url, 'it would be asked without TLS; list it for plain HTTP if that is meant');
    },
    checkAddress(address, url) {
      const port = portOf(url);
      if (!isRefused(address, port)) return;
      if (has(allow, url.hostname, port) || has(allow, address, port)) return;
      throw refusal(url, `it is at ${address}, where registries are looked for only when the operator allows it`);
    },
  };
}

/** `host` or `host:port`; without a port it holds for all. */
type Places = ReadonlySet<string>;

function places(list: readonly string[]): Places {
  return new Set(list.map(placeName));
}

function placeName(text: string): string {
  if (isIP(text) === 6) return bare(new URL(`http://[${text}]`).hostname);
  // The port of the scheme is left out by URLs; written as one that no scheme has, it stays.
  const port = /:(\d+)$/.exec(text.replace(/^\[[^\]]*\]/, ''))?.[1];
  const host = port === undefined ? text : text.slice(0, -port.length - 1);
  const name = URL.canParse(`http://${host}`) ? bare(new URL(`http://${host}`).hostname) : host;
  return port === undefined ? name : `${name} ${port}`;
}

function has(list: Places, host: string, port: number): boolean {
  return list.has(bare(host)) || list.has(`${bare(host)} ${port}`);
}

function bare(host: string): string {
  return host.startsWith('[') ? host.slice(1, -1) : host.toLowerCase();
}

function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'http:' ? 80 : 443;
}

function embeddedIn(address: string): string | undefined {
  const groups = groupsOf(address);
  const found = EMBEDDED.find(([start]) => start.every((group, at) => groups[at] === group));
  if (found === undefined) return undefined;
  const [high = 0, low = 0] = groups.slice(found[1]);
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** The eight numbers of an IPv6 address. */
function groupsOf(address: string): readonly number[] {
  const plain = bare(new URL(`http://[${address.split('%')[0] ?? ''}]`).hostname);
  const [head = '', tail] = plain.split('::');
  const numbers = (text: string): readonly number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  if (tail === undefined) return numbers(head);
  const [before, after] = [numbers(head), numbers(tail)];
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
}

function refusal(url: URL, why: string): RegistryError {
  return new RegistryError('DestinationRefused', `${url.host} is not asked: ${why}`, { retry: 'backoff' });
}
