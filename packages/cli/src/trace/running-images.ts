import { getPath, type Json, type KubeObject, listAt, textAt } from '@cartographer/machinery';

/** Where the pods of a kind's objects are described; of a Pod it is the object itself. */
const POD_SPECS: readonly (readonly string[])[] = [
  ['spec'],
  ['spec', 'template', 'spec'],
  ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
];

/** The images of an object that runs something: as they are named, and as digests where the node says which it runs. */
export function imagesOf(object: KubeObject): readonly string[] {
  const named = POD_SPECS.flatMap((path) => containersAt(getPath(object, ...path))).map((it) => textAt(it, 'image'));
  const statuses = listAt(object['status'], 'containerStatuses');
  const pulled = statuses.flatMap((status) => [textAt(status, 'image'), textAt(status, 'imageID')]);
  const images = [...named, ...pulled.map((image) => image.replace(/^[a-z-]+:\/\//, ''))];
  return [...new Set(images.filter((image) => image !== ''))];
}

/** The images without those whose digest another one tells. */
export function plainest(images: readonly string[]): readonly string[] {
  const told = new Set(images.filter((image) => digestsIn(image).length > 0).map(repositoryOf));
  return images.filter((image) => digestsIn(image).length > 0 || !told.has(repositoryOf(image)));
}

/** `registry.example.com/team/shop` of an image's name with tag, digest or both. */
export function repositoryOf(image: string): string {
  return image.replace(/@.*$/, '').replace(/:[^:/]*$/, '');
}

function containersAt(spec: Json | undefined): readonly Json[] {
  return [...listAt(spec, 'initContainers'), ...listAt(spec, 'containers')];
}

/** The digests in a text: `sha256:…`. */
export function digestsIn(text: string): readonly string[] {
  return text.match(/sha\d+:[0-9a-f]{32,128}/g) ?? [];
}

/** Whether an image, or an output, is the one that is asked for: by its digest, else by its whole name. */
export function isSameImage(image: string, wanted: string): boolean {
  const digests = digestsIn(wanted);
  return digests.length > 0 ? digestsIn(image).some((digest) => digests.includes(digest)) : image === wanted;
}
