import { type FileFacts, LayerFileError, textIn } from './facts.ts';

/** What RubyGems writes above what it installs: `# stub: rack 2.2.8 ruby lib`. */
const STUB = /^# stub: (\S+) (\S+) /m;
const NAME = /^\s*\w+\.name\s*=\s*(?:%q)?["'{<]([^"'}>\n]+)/m;
const VERSION = /^\s*\w+\.version\s*=\s*(?:Gem::Version\.new\s*\(?\s*)?["']([^"'\n]+)/m;

/** `specifications/NAME-VERSION.gemspec`: Ruby, of which only the two assignments are looked for. */
export function readGemspec(bytes: Buffer): FileFacts {
  const text = textIn(bytes);
  const stub = STUB.exec(text);
  const name = stub?.[1] ?? NAME.exec(text)?.[1] ?? '';
  const version = stub?.[2] ?? VERSION.exec(text)?.[1] ?? '';
  if (name === '' || version === '') throw new LayerFileError('does not say name and version in plain texts');
  return { kind: 'packages', packages: [{ ecosystem: 'RubyGems', name, version }] };
}
