import { describe, expect, it } from 'vitest';
import { readPolicy } from './read-policy.ts';

const POLICY = `
apiVersion: scanning.carto.run/v1alpha1
kind: ClusterScanPolicy
metadata: {name: web-gate}
spec:
  namespaceSelector: {}
  deny:
  - {severityAtLeast: High, fixable: true}
`;

describe('a file with a policy', () => {
  it('is read with its defaults', () => {
    const read = readPolicy(POLICY);
    expect(read).toMatchObject({ kind: 'read', value: { name: 'web-gate', spec: { unknownSeverityIs: 'High' } } });
  });

  it.each([
    ['', /has 0 objects/],
    [`${POLICY}---${POLICY}`, /has 2 objects/],
    ['a: [', /is no YAML/],
    ['text', /must be one ClusterScanPolicy/],
    ['kind: ClusterScanPolicy', /of no group/],
    [POLICY.replace('deny:', 'denny:'), /spec.denny: unknown field/],
    [POLICY.replace('High', 'Severe'), /spec.deny\[0\].severityAtLeast: Unsupported value/],
    [
      POLICY.replace('severityAtLeast: High', 'expression: "finding."'),
      /^spec.deny\[0\].expression: compilation failed/,
    ],
    [`${POLICY}#${' '.repeat(1_000_000)}`, /is longer than 1000000 characters/],
  ])('that is none is said to be wrong, and where: %#', (text, message) => {
    const read = readPolicy(text);
    expect(read.kind).toBe('wrong');
    expect(read.kind === 'wrong' && read.errors.join()).toMatch(message);
  });

  it('that is a Secret by mistake is not quoted', () => {
    expect(JSON.stringify(readPolicy('kind: Secret\napiVersion: v1\ndata: {password: c2VjcmV0}'))).not.toContain(
      'c2VjcmV0',
    );
  });
});
