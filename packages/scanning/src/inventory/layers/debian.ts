import type { Buffer } from 'node:buffer';
import { builtFacts, type FileFacts, paragraphsIn, textIn } from './facts.ts';

const FIELDS = new Set(['package', 'version', 'status', 'source', 'architecture']);
/** States in which nothing of a package is there but perhaps its configuration. */
const GONE = new Set(['not-installed', 'config-files']);

/** `var/lib/dpkg/status`, and the files of `status.d`, which have no states. */
export function readDpkgStatus(bytes: Buffer): FileFacts {
  return builtFacts('deb', paragraphsIn(textIn(bytes), FIELDS, { inAnyCase: true }), (fields) => {
    const state = (fields.get('status') ?? '').split(/\s+/).at(-1) ?? '';
    if (GONE.has(state)) return undefined;
    const [name = '', version = ''] = [fields.get('package'), fields.get('version')];
    const upstream = upstreamOf(fields.get('source') ?? '', name, version);
    return { name, version, arch: fields.get('architecture') ?? '', upstream };
  });
}

/** `glibc`, or `glibc (2.36-9)` where the source has another version than what was built from it. */
function upstreamOf(source: string, name: string, version: string): string {
  const [, of = '', sourceVersion = ''] = /^(\S+)(?:\s+\((.+)\))?/.exec(source) ?? [];
  if (sourceVersion !== '' && sourceVersion !== version) return `${of}@${sourceVersion}`;
  return of === name ? '' : of;
}
