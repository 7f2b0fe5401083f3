import { type FileFacts, LayerFileError, paragraphsIn, textIn } from './facts.ts';

const FIELDS = new Set(['name', 'version']);

/** `METADATA` of a wheel, `PKG-INFO` of an egg: headers, and after an empty line a text. */
export function readPythonMetadata(bytes: Buffer): FileFacts {
  const { paragraphs } = paragraphsIn(textIn(bytes).trimStart(), FIELDS, { most: 1, inAnyCase: true });
  const [headers] = paragraphs;
  const name = headers?.get('name') ?? '';
  if (name === '') throw new LayerFileError('does not say the name of its package');
  return { kind: 'packages', packages: [{ ecosystem: 'PyPI', name, version: headers?.get('version') ?? '' }] };
}
