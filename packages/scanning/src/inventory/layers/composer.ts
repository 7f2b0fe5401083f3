import { getPath, isList, textAt } from '@cartographer/machinery';
import { bounded, type FileFacts, LayerFileError, textIn } from './facts.ts';

/** `vendor/composer/installed.json`: of Composer 2 an object, before it a list. */
export function readComposerInstalled(bytes: Buffer): FileFacts {
  let document: unknown;
  try {
    document = JSON.parse(textIn(bytes));
  } catch {
    throw new LayerFileError('is not JSON');
  }
  const listed = isList(document) ? document : getPath(document, 'packages');
  if (!isList(listed)) throw new LayerFileError('has no list of packages');
  const packages = listed
    .map((entry) => ({ ecosystem: 'Packagist', name: textAt(entry, 'name'), version: textAt(entry, 'version') }))
    .filter(({ name }) => name !== '');
  return { kind: 'packages', packages: bounded(packages) };
}
