import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Those further away are scenarios of the whole package: a minute for each bug that they might notice by chance. */
const MOST_TESTS = 8;

/**
 * The tests of a file's own package that reach the file by the fewest imports, the nearest first: those that are there to
 * notice a bug in it. Of tests as near as each other, laws come last: they take long. Paths are absolute. Imports of other packages are not followed.
 */
export function relatedTests(file: string): readonly string[] {
  const source = join(dirname(file).replace(/\/src(\/.*)?$/, ''), 'src');
  const tests = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(source, name));
  const own = file.replace(/\.ts$/, '.test.ts');
  return tests
    .map((test) => ({ test, distance: test === own ? 0 : distance(test, file) }))
    .filter((entry) => entry.distance !== Infinity)
    .toSorted(
      (a, b) =>
        awayFrom(file, a.test) - awayFrom(file, b.test) ||
        a.distance - b.distance ||
        isLaw(a.test) - isLaw(b.test) ||
        a.test.localeCompare(b.test),
    )
    .slice(0, MOST_TESTS)
    .map(({ test }) => test);
}

/** Rooms that tell of what others decide: they are as near by imports, and their tests look at what is told. */
const TELLING = /\/src\/(?:explain|graph)\//;

function awayFrom(file: string, test: string): number {
  return Number(TELLING.test(test) && !TELLING.test(file));
}

function isLaw(test: string): number {
  return Number(test.endsWith('-laws.test.ts'));
}

/** How many imports lie between a test and the file; Infinity when none lead there. */
function distance(test: string, file: string): number {
  const seen = new Set([test]);
  let layer = [test];
  for (let steps = 1; layer.length > 0; steps += 1) {
    const next = layer.flatMap(importsOf).filter((imported) => !seen.has(imported));
    if (next.includes(file)) return steps;
    for (const imported of next) seen.add(imported);
    layer = [...new Set(next)];
  }
  return Infinity;
}

const known = new Map<string, readonly string[]>();

function importsOf(file: string): readonly string[] {
  const cached = known.get(file);
  if (cached !== undefined) return cached;
  const specifiers = readFileSync(file, 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)'/g);
  const imports = [...specifiers]
    .map((match) => resolve(dirname(file), match[1] ?? ''))
    .filter((path) => existsSync(path));
  known.set(file, imports);
  return imports;
}
