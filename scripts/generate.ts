/**
 * Writes what is generated from code and committed: everything in `deploy/`, `docs/cli/`, and tables of pages in `docs/`.
 * `npm run generate`; a test fails when the files are not what this would write.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { deployFiles } from './deploy-files.ts';
import { cliPages } from './docs/cli-pages.ts';
import { DOCS, readDoc } from './docs/markdown.ts';
import { PAGE_TABLES, withTables } from './docs/page-tables.ts';

/** Where the generated files are committed. */
export const DEPLOY_DIR = join(import.meta.dirname, '..', 'deploy');

/** The files that are there now. */
export function committedFiles(): readonly string[] {
  return readdirSync(DEPLOY_DIR, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(DEPLOY_DIR.length + 1));
}

if (import.meta.main) {
  const files = deployFiles();
  mkdirSync(DEPLOY_DIR, { recursive: true });
  for (const stale of committedFiles().filter((name) => !files.has(name))) rmSync(join(DEPLOY_DIR, stale));
  for (const [name, text] of files) {
    mkdirSync(dirname(join(DEPLOY_DIR, name)), { recursive: true });
    writeFileSync(join(DEPLOY_DIR, name), text);
  }
  const cliFolder = join(DOCS, 'cli');
  rmSync(cliFolder, { recursive: true, force: true });
  mkdirSync(cliFolder);
  for (const [page, text] of cliPages()) writeFileSync(join(cliFolder, page), text);
  for (const [page, tables] of PAGE_TABLES) {
    writeFileSync(join(DOCS, page), withTables(page, readDoc(page), tables));
  }
}
