import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const PACKAGE = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\/(?!.*\/node_modules\/)/;
const LICENCE = /^(?:licen[cs]e|copying)/i;

/** The licences of the packages that files belong to, as one text: whoever hands on a bundle hands on these. */
export function licenceTexts(files: readonly string[]): string {
  const folders = new Set(files.flatMap((file) => PACKAGE.exec(file)?.[1] ?? []));
  const texts = [...folders].map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((entry) => LICENCE.test(entry));
    const text = file === undefined ? '' : `\n\n${readFileSync(join(folder, file), 'utf8').trim()}`;
    return `## ${name} ${version}, ${license}${text}`;
  });
  return [
    '# Licences of what is bundled',
    '`carto` holds these packages, and ytt (https://carvel.dev/ytt, Apache-2.0) with its modules, built from source.',
    ...texts.toSorted(),
    '',
  ].join('\n\n');
}
