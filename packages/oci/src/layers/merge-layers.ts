import { ArchiveError } from '../archive/archive-error.ts';
import type { ImageContents, LayerContents, LayerEntry, StandingFile, UnreadFile } from './layer-contents.ts';

/** Takes layers from the lowest to the top, and says what stands in the end. */
export interface LayerMerge<T> {
  /** @throws ArchiveError when links lead around in more circles than any image has. */
  add(layer: LayerContents<T>): void;
  contents(): ImageContents<T>;
}

/** A place in the image. Only what was read, links, and the folders that lead there are kept. */
type Place<T> = {
  readonly inside: Map<string, Place<T>>;
  readonly link?: string;
  readonly file?: { readonly layer: number; readonly value?: T; readonly unread?: string };
};

/** As in Linux. */
const MAX_HOPS = 40;
/** Real images need a few million; without a bound, links that lead to links could keep this busy for ever. */
const MAX_STEPS = 100_000_000;

/** What stands of several layers, from the lowest to the top: whiteouts first, then entries, layer by layer. */
export function mergeLayers<T>(layers: Iterable<LayerContents<T>>): ImageContents<T> {
  const merge = createLayerMerge<T>();
  for (const layer of layers) merge.add(layer);
  return merge.contents();
}

/** Makes a {@link LayerMerge}. A link in the way of a path is followed inside the image, as when layers are unpacked. */
export function createLayerMerge<T>(maxSteps: number = MAX_STEPS): LayerMerge<T> {
  const root: Place<T> = { inside: new Map() };
  let layers = 0;
  let steps = 0;

  function placeAt(names: readonly string[]): Place<T> | undefined {
    let place: Place<T> | undefined = root;
    for (const name of names) place = place?.inside.get(name);
    return place;
  }

  /** The names that lead to a folder once the links on the way are followed. */
  function resolve(path: string): readonly string[] {
    const done: string[] = [];
    const open = namesOf(path).toReversed();
    let place: Place<T> | undefined = root;
    for (let name = open.pop(), hops = 0; name !== undefined; name = open.pop()) {
      steps += 1;
      if (steps > maxSteps) throw new ArchiveError('the links of the layers lead around in too many circles');
      if (name === '..') {
        done.pop();
        place = placeAt(done);
        continue;
      }
      const next: Place<T> | undefined = place?.inside.get(name);
      if (next?.link !== undefined && hops < MAX_HOPS) {
        hops += 1;
        if (next.link.startsWith('/')) {
          done.length = 0;
          place = root;
        }
        open.push(...namesOf(next.link).toReversed());
      } else {
        done.push(name);
        place = next;
      }
    }
    return done;
  }

  /** The folder that a path is in, and its name there. */
  function locate(path: string): { readonly folder: readonly string[]; readonly name: string } {
    const slash = path.lastIndexOf('/');
    return { folder: slash < 0 ? [] : resolve(path.slice(0, slash)), name: path.slice(slash + 1) };
  }

  function remove(path: string): void {
    const { folder, name } = locate(path);
    placeAt(folder)?.inside.delete(name);
  }

  function make(folder: readonly string[]): Place<T> {
    let place = root;
    for (const name of folder) {
      const next = place.inside.get(name) ?? { inside: new Map() };
      place.inside.set(name, next);
      place = next;
    }
    return place;
  }

  function put({ path, kind, target, value, unread }: LayerEntry<T>, layer: number): void {
    const { folder, name } = locate(path);
    const before = placeAt(folder)?.inside.get(name);
    // A folder joins the one that is there, and takes the place of anything else.
    if (kind === 'folder' && before?.file === undefined && before?.link === undefined) return;
    if (before !== undefined) placeAt(folder)?.inside.delete(name);
    if (kind === 'link') make(folder).inside.set(name, { inside: new Map(), link: target ?? '' });
    else if (value !== undefined) make(folder).inside.set(name, { inside: new Map(), file: { layer, value } });
    else if (unread !== undefined) make(folder).inside.set(name, { inside: new Map(), file: { layer, unread } });
  }

  return {
    add({ entries, whiteouts, opaque }) {
      for (const folder of opaque) placeAt(resolve(folder))?.inside.clear();
      for (const path of whiteouts) remove(path);
      for (const entry of entries) put(entry, layers);
      layers += 1;
    },
    contents() {
      const files: StandingFile<T>[] = [];
      const unread: UnreadFile[] = [];
      const open: (readonly [string, Place<T>])[] = [['', root]];
      for (let next = open.pop(); next !== undefined; next = open.pop()) {
        const [path, { inside, file }] = next;
        if (file?.value !== undefined) files.push({ path, layer: file.layer, value: file.value });
        if (file?.unread !== undefined) unread.push({ path, layer: file.layer, why: file.unread });
        for (const [name, place] of inside) open.push([path === '' ? name : `${path}/${name}`, place]);
      }
      return { files: files.toSorted(byPlace), unread: unread.toSorted(byPlace) };
    },
  };
}

function namesOf(path: string): readonly string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

function byPlace(left: { layer: number; path: string }, right: { layer: number; path: string }): number {
  return left.layer - right.layer || (left.path < right.path ? -1 : 1);
}
