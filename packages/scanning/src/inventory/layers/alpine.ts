import type { Buffer } from 'node:buffer';
import { builtFacts, type FileFacts, paragraphsIn, textIn } from './facts.ts';

/** Of a package; `a` and `p` say something else than `A` and `P`. `o` is the package that it was built from. */
const FIELDS = new Set(['P', 'V', 'A', 'o']);

/** `lib/apk/db/installed`. */
export function readApkInstalled(bytes: Buffer): FileFacts {
  return builtFacts('apk', paragraphsIn(textIn(bytes), FIELDS), (fields) => {
    const [name = '', version = '', arch = '', origin = ''] = ['P', 'V', 'A', 'o'].map((key) => fields.get(key));
    return { name, version, arch, upstream: origin === name ? '' : origin };
  });
}
