/** The body of a request to a convention server and of its answer, as `webhooks.conventions.carto.run/v1alpha1` has it. */

/** `apiVersion` of every body. */
export const CONVENTION_CONTEXT_API_VERSION = 'webhooks.conventions.carto.run/v1alpha1';
/** `kind` of every body. */
export const CONVENTION_CONTEXT_KIND = 'PodConventionContext';

/** On a template: what was applied, `CONVENTION/ENTRY` a line. Only the controller writes it; what a server makes of it is dropped. */
export const APPLIED_CONVENTIONS_ANNOTATION = 'conventions.carto.run/applied-conventions';

/** A container as far as conventions read it; every other field of Kubernetes' own goes through untouched. */
export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly [field: string]: unknown;
}

/** A pod's spec as far as conventions read it; every other field goes through untouched. */
export interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly [field: string]: unknown;
}

/** A pod template. Of its metadata only these fields exist on the wire. */
export interface PodTemplateSpec {
  readonly metadata?: {
    readonly name?: string;
    readonly generateName?: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: PodSpec;
}

/** The config of an image as its registry has it (OCI image spec), unchanged. */
export interface OciImageConfig {
  readonly architecture?: string;
  readonly os?: string;
  readonly created?: string;
  readonly config?: {
    readonly User?: string;
    readonly ExposedPorts?: Readonly<Record<string, object>>;
    readonly Env?: readonly string[];
    readonly Entrypoint?: readonly string[] | null;
    readonly Cmd?: readonly string[] | null;
    readonly WorkingDir?: string;
    readonly Labels?: Readonly<Record<string, string>> | null;
    readonly [field: string]: unknown;
  };
  readonly rootfs?: { readonly type?: string; readonly diff_ids?: readonly string[] };
  readonly [field: string]: unknown;
}

/** One bill of material of an image. */
export interface Bom {
  /** Where it is from: `cnb-app:<path>` for Cloud Native Buildpacks, `oci-referrer:<artifact type>` for attached ones. */
  readonly name: string;
  /** The file's bytes as base64. */
  readonly raw: string;
}

/** What is known of one distinct image of the template. */
export interface ImageFacts {
  /** The reference by digest, letter for letter as it stands in the template: the key by which to join the two. */
  readonly image: string;
  readonly config: OciImageConfig;
  /** Left out where the image has none. */
  readonly boms?: readonly Bom[];
}

/** How Go writes a template that nobody has set: what a request has in its status. */
export type UnsetTemplate = {
  readonly metadata: Readonly<Record<string, never>>;
  readonly spec: { readonly containers: null };
};

/** Request and answer: a server reads `spec` and ignores `status`; the controller reads `status` and ignores `spec`. */
export interface PodConventionContext {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: { readonly template: PodTemplateSpec; readonly imageConfig: readonly ImageFacts[] };
  readonly status: {
    readonly template: PodTemplateSpec | UnsetTemplate;
    readonly appliedConventions: readonly string[] | null;
  };
}

/** A request as the controller sends it: the status is there, and says nothing yet. */
export function conventionRequest(
  name: string,
  template: PodTemplateSpec,
  imageConfig: readonly ImageFacts[],
): PodConventionContext {
  return {
    apiVersion: CONVENTION_CONTEXT_API_VERSION,
    kind: CONVENTION_CONTEXT_KIND,
    metadata: { name },
    spec: { template, imageConfig },
    status: { template: { metadata: {}, spec: { containers: null } }, appliedConventions: null },
  };
}
