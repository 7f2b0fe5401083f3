import type { PodTemplateSpec } from '@cartographer/convention-sdk';
import type { KubeObject } from '@cartographer/machinery';
import { CONVENTIONS_API_VERSION } from '../../kinds/group.ts';
import type { Convention } from '../convention.ts';
import { conventionOf } from '../convention.ts';
import type { ChainPorts, Failure, Made } from '../run-chain.ts';

/** A ClusterPodConvention with a server, unless `spec` has rules. */
export function convention(name: string, spec: object = {}): KubeObject {
  const webhook = { clientConfig: { url: 'https://conventions.example.com/' } };
  return {
    apiVersion: CONVENTIONS_API_VERSION,
    kind: 'ClusterPodConvention',
    metadata: { name },
    spec: { ...('rules' in spec ? {} : { webhook }), ...spec },
  };
}

/** What a convention of a test makes of a template. */
export type Deed = (template: PodTemplateSpec) => Made | Failure;

/** Conventions by their names, with what each makes, and the world that they are run in. */
export function playedChain(
  deeds: Readonly<Record<string, Deed>>,
  world: Partial<ChainPorts> = {},
): { readonly conventions: readonly Convention[]; readonly ports: ChainPorts; readonly asked: readonly string[] } {
  const asked: string[] = [];
  return {
    conventions: Object.keys(deeds).map((name) => conventionOf(convention(name))),
    asked,
    ports: {
      resolve: (reference) => Promise.resolve(`${reference.replace(/:[^/]*$/, '')}@sha256:${'a'.repeat(64)}`),
      read: (image) => Promise.resolve({ image, config: {} }),
      apply({ name }, template) {
        asked.push(name);
        const deed = deeds[name];
        return deed === undefined ? Promise.reject(new TypeError(`no ${name}`)) : Promise.resolve(deed(template));
      },
      ...world,
    },
  };
}

/** Made, with the names of what was applied. */
export const made = (template: PodTemplateSpec, ...applied: readonly string[]): Made => ({
  kind: 'made',
  template,
  applied,
});

/** The template with a label of its metadata. */
export function labelled(template: PodTemplateSpec, name: string, value: string): PodTemplateSpec {
  const { metadata = {} } = template;
  return { ...template, metadata: { ...metadata, labels: { ...metadata.labels, [name]: value } } };
}
