import { textAt } from '@cartographer/machinery';
import { type FileFacts, jsonObjectIn, LayerFileError } from './facts.ts';

type NpmFacts = Extract<FileFacts, { kind: 'npm' }>;

/** Where npm, yarn and pnpm put a package: others of the name are parts of packages, such as what their tests read. */
const INSTALLED = /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/@.][^/]*\/package\.json$/;

/** `package.json`: what it says of itself, if it can be read. */
export function readPackageJson(bytes: Buffer): NpmFacts {
  try {
    const document = jsonObjectIn(bytes);
    return {
      kind: 'npm',
      name: textAt(document, 'name'),
      version: textAt(document, 'version'),
      isPrivate: document['private'] === true,
    };
  } catch (error) {
    if (!(error instanceof LayerFileError)) throw error;
    return { kind: 'npm', why: error.message };
  }
}

/**
 * What a `package.json` stands for: a package wherever it has a name and a version, since packages carry others in
 * folders of any name, and tools are installed outside of `node_modules`, too. Those that are private and not installed
 * are the image's own, and are in no registry. What is installed and cannot be read is told.
 */
export function npmPackageAt(
  path: string,
  facts: NpmFacts,
): { readonly name: string; readonly version: string } | { readonly why: string } | undefined {
  const isInstalled = INSTALLED.test(path);
  if ('why' in facts) return isInstalled ? facts : undefined;
  const { name, version, isPrivate } = facts;
  if (name === '') return isInstalled && version !== '' ? { why: 'has a version and no name' } : undefined;
  if (version === '' && !isInstalled) return undefined;
  return isPrivate && !path.includes('node_modules/') ? undefined : { name, version };
}
