import semver from 'semver';

/** What Maven calls a release is one: `2.3.3.RELEASE`, `5.0.0.Final`, `1.2.0.SP1`. */
const RELEASE = /^(?:RELEASE|Final|GA|SP\d+)$/i;

/**
 * Whether a version is in a range of npm's (`>=2.3 <3`). Versions of Maven (`2.3.3.RELEASE`, `2.4.0.M1`) and short ones (`8.0`)
 * are read as what they mean; pre-releases count. A version that cannot be read is in no range.
 *
 * @throws TypeError when the range is none: that is a bug of the convention.
 */
export function satisfies(version: string | undefined, range: string): boolean {
  if (semver.validRange(range) === null)
    throw new TypeError(`"${range}" is no range of versions; write it as ">=2.3 <3"`);
  const exact = version === undefined ? undefined : normalized(version);
  return exact !== undefined && semver.satisfies(exact, range, { includePrerelease: true });
}

function normalized(version: string): string | undefined {
  const match = /^v?(\d{1,15})(?:\.(\d{1,15}))?(?:\.(\d{1,15}))?(?:[.-]([\w.-]{1,100}))?(?:\+.*)?$/.exec(
    version.trim(),
  );
  if (match === null) return undefined;
  const [, major, minor = '0', patch = '0', rest] = match;
  const plain = `${Number(major)}.${Number(minor)}.${Number(patch)}`;
  const exact = rest === undefined || RELEASE.test(rest) ? plain : `${plain}-${rest.replaceAll('_', '-')}`;
  return semver.valid(exact) ?? plain;
}
