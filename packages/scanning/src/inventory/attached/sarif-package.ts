import { packageOfPurl } from '@cartographer/bills';
import { type JsonObject, listAt, textAt } from '@cartographer/machinery';
import type { Finding } from '../../match/finding.ts';

/**
 * How scanners say in words which package a result is of, for SARIF has no place for packages; name, then version. Sources:
 * what Trivy, osv-scanner and Grype write.
 */
const SENTENCES: readonly RegExp[] = [
  // Trivy, and Grype in the help of a rule.
  /^Package: (\S+)\n(?:Installed )?Version: (\S+)$/m,
  // osv-scanner.
  /^Package '(\S+)@([^\s'@]+)' is vulnerable to /,
  // Grype, of today and of before.
  /^An? \w+ vulnerability in \S+ package: (\S+), version (\S+) was found at: /,
  /^The path .{1,512}? reports (\S+) at version (\S+) /,
];
const FIX = /^Fix(?:ed)? Version: ([^\s,]+)/m;
/** What comes behind it in a text is the vulnerability's description. */
const MOST_TEXT = 4_096;

/** The packages that a result is of: by a package URL where it has one, else in words. */
export function packagesIn(result: JsonObject, rule: JsonObject | undefined): readonly Finding['package'][] {
  const places = listAt(result, 'locations').flatMap((location) =>
    listAt(location, 'logicalLocations').map((place) => textAt(place, 'fullyQualifiedName')),
  );
  const purls = [
    ...places,
    ...[result, rule].flatMap((of) => [textAt(of, 'properties', 'purl'), ...listAt(of, 'properties', 'purls')]),
  ].flatMap((text) => (typeof text === 'string' ? (packageOfPurl(text) ?? []) : []));
  if (purls.length > 0) return purls;
  for (const text of textsOf(result, rule)) {
    for (const sentence of SENTENCES) {
      const [, name, version = ''] = sentence.exec(text) ?? [];
      if (name !== undefined) return [{ name, version, purl: '', ecosystem: '' }];
    }
  }
  const [name, version] =
    places
      .map((place) => /^([^\s@]+)@([^\s@:/]+)$/.exec(place))
      .find((it) => it !== null)
      ?.slice(1) ?? [];
  return name === undefined || version === undefined ? [] : [{ name, version, purl: '', ecosystem: '' }];
}

/** The version without it, where a text says one. */
export function fixIn(result: JsonObject, rule: JsonObject | undefined): string | undefined {
  return textsOf(result, rule)
    .map((text) => FIX.exec(text)?.[1])
    .find((version) => version !== undefined);
}

function textsOf(result: JsonObject, rule: JsonObject | undefined): readonly string[] {
  return [textAt(result, 'message', 'text'), textAt(rule, 'help', 'text')].map((text) => text.slice(0, MOST_TEXT));
}
