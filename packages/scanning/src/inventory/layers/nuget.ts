import { getKey, isObject, textAt } from '@cartographer/machinery';
import { bounded, type FileFacts, jsonObjectIn, LayerFileError, type NamedPackage } from './facts.ts';

/** Runtimes that come with a program have this before the name of their package. */
const RUNTIME = /^runtimepack\./;

/** `*.deps.json`: libraries by `NAME/VERSION`. Those of type `project` are the image's own. */
export function readDotnetDeps(bytes: Buffer): FileFacts | undefined {
  const document = jsonObjectIn(bytes);
  const libraries = getKey(document, 'libraries');
  // Tools of other languages have files of such names, too.
  if (libraries === undefined && getKey(document, 'runtimeTarget') === undefined) return undefined;
  if (!isObject(libraries)) throw new LayerFileError('has no libraries');
  const packages = Object.entries(libraries).flatMap(([key, library]): readonly NamedPackage[] => {
    const type = textAt(library, 'type');
    if (type !== 'package' && type !== 'runtimepack') return [];
    const slash = key.lastIndexOf('/');
    const [name, version] = slash < 0 ? [key, ''] : [key.slice(0, slash), key.slice(slash + 1)];
    return [{ ecosystem: 'NuGet', name: name.replace(RUNTIME, ''), version }];
  });
  return { kind: 'packages', packages: bounded(packages) };
}
