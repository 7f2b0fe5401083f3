import { type BillPackage, parsePurl } from '@cartographer/bills';

/** The same package, whatever is said of it besides: its distribution, its source, where it lies. */
export function packageIdentity({
  purl,
  ecosystem,
  name,
  version,
}: Pick<BillPackage, 'purl' | 'ecosystem' | 'name' | 'version'>): string {
  const parsed = parsePurl(purl);
  if (parsed === undefined) return JSON.stringify([ecosystem.split(':')[0], name, version]);
  return JSON.stringify([parsed.type, parsed.namespace ?? '', parsed.name, parsed.version ?? version]);
}
