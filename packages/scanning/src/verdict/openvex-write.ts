import { createHash } from 'node:crypto';
import { goJson, type JsonObject, rfc3339 } from '@cartographer/machinery';
import type { ScanException } from '../kinds/read.ts';
import { exceptionName } from './exceptions.ts';
import { timeOf } from './facts.ts';
import type { LeftOut } from './openvex-read.ts';

const CONTEXT = 'https://openvex.dev/ns/v0.2.0';

/** Who says it, and when, in milliseconds since 1970. */
export type VexSignature = { readonly author: string; readonly nowMs: number };

/** An OpenVEX 0.2.0 document of exceptions that have not expired, and what it cannot say. */
export function writeOpenVex(
  exceptions: readonly ScanException[],
  signature: VexSignature,
): { readonly document: JsonObject; readonly leftOut: readonly LeftOut[] } {
  const leftOut: LeftOut[] = [];
  const statements = exceptions
    .filter(({ spec }) => signature.nowMs < (timeOf(spec.expires) ?? 0))
    .flatMap((exception) => {
      const products = productsOf(exception, leftOut);
      return products.length === 0 ? [] : [{ ...statementOf(exception), products }];
    });
  return { document: documentOf(statements, signature), leftOut };
}

function documentOf(statements: readonly JsonObject[], { author, nowMs }: VexSignature): JsonObject {
  const digest = createHash('sha256').update(goJson(statements)).digest('hex');
  return {
    '@context': CONTEXT,
    '@id': `https://openvex.dev/docs/public/vex-${digest}`,
    author,
    timestamp: rfc3339(nowMs),
    version: 1,
    statements,
  };
}

function statementOf({ spec, created }: ScanException): JsonObject {
  const { vulnerability, status, justification, impact, action, expires } = spec;
  const isExplained = justification !== undefined && impact !== undefined;
  return {
    vulnerability: { name: vulnerability },
    ...(created === '' ? {} : { timestamp: created }),
    status,
    // A statement has one of justification and impact_statement, never both.
    status_notes: `expires ${expires}${isExplained ? `; ${impact}` : ''}`,
    ...(justification === undefined ? {} : { justification }),
    ...(impact === undefined || isExplained ? {} : { impact_statement: impact }),
    ...(action === undefined ? {} : { action_statement: action }),
  };
}

function productsOf(exception: ScanException, leftOut: LeftOut[]): readonly JsonObject[] {
  const { spec } = exception;
  const subcomponents = spec.package === undefined ? {} : { subcomponents: [{ '@id': spec.package }] };
  const isPattern = (image: string) => image.includes('*');
  const omit = (why: string) => leftOut.push({ what: exceptionName(exception), why });
  if (spec.digests !== undefined) {
    return spec.digests.map((digest) => {
      const hash = digest.slice('sha256:'.length);
      return { '@id': digest, hashes: { 'sha-256': hash }, ...subcomponents };
    });
  }
  if (spec.images !== undefined) {
    for (const image of spec.images.filter(isPattern)) omit(`OpenVEX knows no patterns: ${image}`);
    return spec.images
      .filter((image) => !isPattern(image))
      .map((image) => ({ '@id': imagePurl(image), ...subcomponents }));
  }
  if (spec.package !== undefined) return [{ '@id': spec.package }];
  omit('is for every artifact and package, and OpenVEX needs a product');
  return [];
}

function imagePurl(repository: string): string {
  const name = repository.slice(repository.lastIndexOf('/') + 1).toLowerCase();
  return `pkg:oci/${encodeURIComponent(name)}?repository_url=${encodeURIComponent(repository)}`;
}
