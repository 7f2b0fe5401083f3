import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { idOf, mutated, mutationsOf } from './mutations.ts';

/** Each bug in a line of code: its operator, and the line with it. */
function bugs(source: string): readonly (readonly [operator: string, line: string])[] {
  return mutationsOf('file.ts', source).map((mutation) => [mutation.operator, mutated(source, mutation)]);
}

describe('the bugs that are tried', () => {
  it.each([
    ['if (a) b();', 'condition true', 'if (true) b();'],
    ['if (a) b();', 'condition false', 'if (false) b();'],
    ['if (a) b();', 'statement left out', 'if (a) {}'],
    ['x = a ? 1.5 : 2.5;', 'condition false', 'x = false ? 1.5 : 2.5;'],
    ['const x = a === b;', '=== as !==', 'const x = a !== b;'],
    ['const x = a < b;', '< as <=', 'const x = a <= b;'],
    ['const x = a && b;', '&& as ||', 'const x = a || b;'],
    ['const x = a ?? b;', '?? left out', 'const x = a;'],
    ['const x = !a;', '! left out', 'const x = a;'],
    ['const x = true;', 'boolean turned', 'const x = false;'],
    ['const MAX = 16;', 'off by one', 'const MAX = 17;'],
    ['const x = a.some(f);', 'some as every', 'const x = a.every(f);'],
    ['const x = a.filter(f);', 'filter left out', 'const x = a;'],
    ['const x = { a, b: c };', 'property left out', 'const x = { a,  };'],
    ['const x = [...a, b];', 'spread left out', 'const x = [b];'],
  ])('%s: %s', (source, operator, line) => {
    expect(bugs(source)).toContainEqual([operator, line]);
  });

  it('leave types, imports and what is only told alone', () => {
    expect(bugs("import type { A } from './a.ts';\ntype B = { readonly max: 16 | true };\n")).toEqual([]);
    expect(
      bugs("log.warn({ a, b: 1 }, 'text');\nvoid this.#log.info(c ? 'd' : 'e');\nconst f = () => log.info({ a });"),
    ).toEqual([]);
  });

  it('do not turn a condition that is forced both ways', () => {
    expect(bugs('if (a === b) throw c;').map(([operator]) => operator)).toEqual(['condition true', 'condition false']);
  });

  it('keep their names when lines move, and never share one', () => {
    const source = readFileSync(import.meta.filename, 'utf8');
    const ids = mutationsOf('file.ts', source).map(idOf);
    expect(new Set(ids).size).toBe(ids.length);
    expect(mutationsOf('file.ts', `// a line more\n${source}`).map(idOf)).toEqual(ids);
  });

  it('are refused where the source cannot be read', () => {
    expect(() => mutationsOf('file.ts', 'if (')).toThrow('file.ts cannot be parsed');
  });
});
