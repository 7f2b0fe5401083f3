import { compareDigits, compareTexts, isDigits, type VersionOrder, versionOrder } from './order.ts';

type RpmVersion = { readonly epoch: string; readonly version: string; readonly release: string };

const VERSION = /^(?:([0-9]+):)?([^\s:-]+)(?:-([^\s:-]+))?$/;

/** Red Hat and others with rpm: `epoch:version-release`, as `rpmvercmp` orders its parts. */
export const rpmOrder: VersionOrder = versionOrder(
  readRpm,
  (left, right) =>
    compareDigits(left.epoch, right.epoch) ||
    comparePart(left.version, right.version) ||
    comparePart(left.release, right.release),
);

function readRpm(text: string): RpmVersion | undefined {
  const [, epoch = '0', version, release = ''] = VERSION.exec(text) ?? [];
  return version === undefined ? undefined : { epoch, version, release };
}

/** Runs of digits and of letters in turns; what stands between them only parts them, but for the tilde and the caret. */
function comparePart(left: string, right: string): number {
  const first = left.match(/[0-9]+|[A-Za-z]+|[~^]/g) ?? [];
  const second = right.match(/[0-9]+|[A-Za-z]+|[~^]/g) ?? [];
  for (let at = 0; at < Math.max(first.length, second.length); at += 1) {
    const order = compareSegments(first[at], second[at]);
    if (order !== 0) return order;
  }
  return 0;
}

/** From the lowest: a tilde, the end, a caret, letters, digits. */
function compareSegments(left: string | undefined, right: string | undefined): number {
  const ranks = rank(left) - rank(right);
  if (ranks !== 0 || left === undefined || right === undefined) return ranks;
  return isDigits(left) ? compareDigits(left, right) : compareTexts(left, right);
}

function rank(segment: string | undefined): number {
  if (segment === undefined) return 1;
  if (segment === '~') return 0;
  if (segment === '^') return 2;
  return isDigits(segment) ? 4 : 3;
}
