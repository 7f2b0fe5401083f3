import { compareDigits, type VersionOrder, versionOrder } from './order.ts';

type DebianVersion = { readonly epoch: string; readonly upstream: string; readonly revision: string };

const VERSION = /^(?:([0-9]+):(?=[^:]))?([0-9A-Za-z.+~:-]*?)(?:-([0-9A-Za-z.+~]+))?$/;

/** Debian and Ubuntu: as dpkg orders. Source: deb-version(7). */
export const dpkgOrder: VersionOrder = versionOrder(
  readDebian,
  (left, right) =>
    compareDigits(left.epoch, right.epoch) ||
    comparePart(left.upstream, right.upstream) ||
    comparePart(left.revision, right.revision),
);

/** A colon may stand in a version that has an epoch before it; nothing is empty. */
function readDebian(version: string): DebianVersion | undefined {
  const [, epoch, upstream = '', revision = ''] = VERSION.exec(version) ?? [];
  if (upstream === '' || upstream.endsWith('-') || (epoch === undefined && upstream.includes(':'))) return undefined;
  return { epoch: epoch ?? '', upstream, revision };
}

/** Letters and signs by {@link weight}, then digits as a number, in turns. */
function comparePart(left: string, right: string): number {
  let a = 0;
  let b = 0;
  while (a < left.length || b < right.length) {
    while (isSign(left[a]) || isSign(right[b])) {
      const order = weight(left[a]) - weight(right[b]);
      if (order !== 0) return order;
      a += 1;
      b += 1;
    }
    const first = digitsAt(left, a);
    const second = digitsAt(right, b);
    const order = compareDigits(first, second);
    if (order !== 0) return order;
    a += first.length;
    b += second.length;
  }
  return 0;
}

function isSign(character: string | undefined): boolean {
  return character !== undefined && !/[0-9]/.test(character);
}

/** A tilde is below the end, the end and digits below letters, letters below all other signs. */
function weight(character: string | undefined): number {
  if (character === undefined || !isSign(character)) return 0;
  if (character === '~') return -1;
  return character.charCodeAt(0) + (/[A-Za-z]/.test(character) ? 0 : 256);
}

function digitsAt(text: string, start: number): string {
  return /^[0-9]*/.exec(text.slice(start))?.[0] ?? '';
}
