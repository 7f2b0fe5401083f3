import type { Container, PodTemplateSpec } from '@cartographer/convention-sdk';

/** The distinct images of a template in the order of their texts. Ephemeral containers have no place in one. */
export function imagesIn({ spec }: PodTemplateSpec): readonly string[] {
  const all = [...(spec.initContainers ?? []), ...(spec.containers ?? [])].map(({ image = '' }) => image);
  return [...new Set(all)].filter((image) => image !== '').toSorted();
}

/** The template with images by the names that they are given; the same one where nothing is given another. */
export function withImages(template: PodTemplateSpec, names: ReadonlyMap<string, string>): PodTemplateSpec {
  const { spec } = template;
  const isSame = imagesIn(template).every((image) => (names.get(image) ?? image) === image);
  if (isSame) return template;
  const renamed = (list: readonly Container[]): readonly Container[] =>
    list.map((container) => {
      const image = names.get(container.image ?? '');
      return image === undefined ? container : { ...container, image };
    });
  const { initContainers } = spec;
  return {
    ...template,
    spec: {
      ...spec,
      ...(initContainers === undefined ? {} : { initContainers: renamed(initContainers) }),
      containers: renamed(spec.containers),
    },
  };
}

/** A message names no more images than that. */
const MOST_NAMED = 5;

/** Images as a message names them. */
export function namedImages(images: readonly string[]): string {
  const more = images.length > MOST_NAMED ? ` and ${images.length - MOST_NAMED} more` : '';
  return `image ${images.slice(0, MOST_NAMED).join(', ')}${more}`;
}
