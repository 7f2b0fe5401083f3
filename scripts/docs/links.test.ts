import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DOCS, readDoc } from './markdown.ts';

const ROOT = join(DOCS, '..');
const pages = [
  ...readdirSync(DOCS, { recursive: true, encoding: 'utf8' }).map((file) => join(DOCS, file)),
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'].map((file) => join(ROOT, file)),
].filter((file) => file.endsWith('.md'));

/** The anchor that a heading gets. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

function brokenLinks(file: string): readonly string[] {
  const links = [...readFileSync(file, 'utf8').matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return links.filter((link) => {
    if (/^https?:/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? file : join(dirname(file), path);
    if (!existsSync(target)) return true;
    if (anchor === undefined) return false;
    const headings = [...readFileSync(target, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading);
    return !headings.some((heading) => anchorOf(heading) === anchor);
  });
}

describe('the pages', () => {
  it.each(pages.map((file) => relative(ROOT, file)))('%s links only to what is there', (file) => {
    expect(brokenLinks(join(ROOT, file))).toEqual([]);
  });

  it('are all in docs/index.md, and decisions in their own list', () => {
    const index = readDoc('index.md');
    const decisions = readDoc('decisions/README.md');
    const missing = [
      ...readdirSync(DOCS).filter((file) => /(?<!^index)\.md$/.test(file) && !index.includes(`(${file})`)),
      ...readdirSync(join(DOCS, 'decisions')).filter((file) => /^\d/.test(file) && !decisions.includes(`(${file})`)),
    ];
    expect(missing).toEqual([]);
  });
});
