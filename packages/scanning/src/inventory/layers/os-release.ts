import { type FileFacts, linesOf, textIn } from './facts.ts';

/** `etc/os-release`: which distribution, and which release of it. Source: os-release(5). */
export function readOsRelease(bytes: Buffer): FileFacts {
  const values = new Map<string, string>();
  for (const line of linesOf(textIn(bytes))) {
    const [, key, value] = /^\s*([A-Z_]+)=(.*)$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) values.set(key, unquoted(value.trim()));
  }
  // Those that are not released yet have a name alone.
  const version = values.get('VERSION_ID') ?? values.get('VERSION_CODENAME') ?? '';
  return { kind: 'release', id: (values.get('ID') ?? '').toLowerCase(), version };
}

function unquoted(value: string): string {
  const [, inner] = /^(?:"(.*)"|'(.*)')$/.exec(value)?.filter((part) => part !== undefined) ?? [];
  return (inner ?? value).replaceAll(/\\(["$`\\])/g, '$1');
}
