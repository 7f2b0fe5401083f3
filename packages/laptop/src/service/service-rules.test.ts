import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeObject } from '@cartographer/machinery';
import { describe, expect, it } from 'vitest';
import { refuseService } from './service-rules.ts';

type Recorded = { readonly name: string; readonly service: KubeObject; readonly says: string };

/** What the validation of Knative Serving 0.46.0, run as it is, says of Services on creation. */
const recorded = JSON.parse(
  readFileSync(join(import.meta.dirname, 'golden/knative-refusals.json'), 'utf8'),
) as readonly Recorded[];

describe('a Service', () => {
  it.each(recorded)('is judged as by Knative: $name', ({ service, says }) => {
    expect(refuseService(service) ?? '').toBe(says);
  });

  it('of anything else is refused, and breaks nothing', () => {
    const service = { apiVersion: 'serving.knative.dev/v1', kind: 'Service', metadata: { name: 'hello' } };
    const parts = [undefined, null, 5, 'text', [], {}];
    const specs = parts.flatMap((part) => [
      part,
      { template: part },
      { template: { spec: part } },
      { template: { spec: { containers: [part] } } },
    ]);
    for (const spec of specs) expect(refuseService({ ...service, spec })).toMatch(/missing field\(s\)/);
  });
});
