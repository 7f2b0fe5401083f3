import type { Convention, ConventionContext } from './convention.ts';
import { type DraftTemplate, draftOf } from './draft.ts';
import type { ImageFacts, PodTemplateSpec } from './wire.ts';

/** What conventions are applied to. */
export type ApplyInput = {
  readonly template: PodTemplateSpec;
  /** Nothing is known of any image if not given. */
  readonly images?: readonly ImageFacts[];
  readonly name?: string;
  readonly signal?: AbortSignal;
};

/** What conventions made of a template. */
export type Applied = { readonly template: DraftTemplate; readonly applied: readonly string[] };

const MAX_CHARS = 253;
const LINE_END = /[\n\r\u2028\u2029]/;

/**
 * Applies conventions one after the other, each to what the one before made of the template, as a server of them does: for
 * tests without a server. The template that is given stays as it is.
 *
 * @throws Error what a convention throws, or that it names what it applied in a way that the controller refuses.
 */
export async function applyTo(
  conventions: Convention | readonly Convention[],
  { template, images = [], name = '', signal = new AbortController().signal }: ApplyInput,
): Promise<Applied> {
  const draft = draftOf(template);
  const byImage = new Map(images.map((facts) => [facts.image, facts]));
  const context: ConventionContext = {
    name,
    template: draft,
    images,
    signal,
    imageOf: ({ image }) => (image === undefined ? undefined : byImage.get(image)),
  };
  const applied: string[] = [];
  for (const convention of [conventions].flat()) {
    const before = JSON.stringify(draft);
    const told = await convention.apply(context);
    const ids = told ?? (JSON.stringify(draft) === before ? [] : [convention.id]);
    applied.push(...ids.map((id) => checkedId(id, convention)));
  }
  return { template: draft, applied };
}

function checkedId(id: string, convention: Convention): string {
  const isLine = typeof id === 'string' && id.length <= MAX_CHARS && !LINE_END.test(id);
  if (isLine) return id;
  const shown = JSON.stringify(id).slice(0, 80);
  throw new Error(
    `convention "${convention.id}" says it applied ${shown}: use one line of at most ${MAX_CHARS} characters`,
  );
}
