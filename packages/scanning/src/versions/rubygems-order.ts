import { compareDigits, compareLists, compareTexts, isDigits, type VersionOrder, versionOrder } from './order.ts';

const VERSION = /^[0-9]+(?:\.[0-9a-z]+)*(?:-[0-9a-z-]+(?:\.[0-9a-z-]+)*)?$/i;
/** Lock files put the platform behind the version: `1.15.0-x86_64-linux`. */
const PLATFORM = /-(?:x86|x64|aarch64|arm|java|universal|mswin|powerpc|s390)[\w.-]*$/;

/** RubyGems: as `Gem::Version` orders. Words make a prerelease, a hyphen stands for `.pre.`. */
export const rubygemsOrder: VersionOrder = versionOrder(readGem, (left, right) =>
  compareLists(left, right, '0', compareSegments),
);

function readGem(version: string): readonly string[] | undefined {
  const text = version.replace(PLATFORM, '');
  if (!VERSION.test(text)) return undefined;
  const segments = text.replaceAll('-', '.pre.').match(/[0-9]+|[a-z]+/gi) ?? [];
  const words = segments.findIndex((segment) => !isDigits(segment));
  if (words === -1) return withoutLastZeros(segments);
  return [...withoutLastZeros(segments.slice(0, words)), ...withoutLastZeros(segments.slice(words))];
}

function withoutLastZeros(segments: readonly string[]): readonly string[] {
  return segments.slice(0, segments.findLastIndex((segment) => !/^0+$/.test(segment)) + 1);
}

function compareSegments(left: string, right: string): number {
  if (isDigits(left)) return isDigits(right) ? compareDigits(left, right) : 1;
  return isDigits(right) ? -1 : compareTexts(left, right);
}
