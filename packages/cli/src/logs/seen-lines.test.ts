import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSeenLines } from './seen-lines.ts';

/** Lines of a log in the order of the file; their times may be up to half a second out of order. */
const file = fc
  .array(fc.record({ afterMs: fc.constantFrom(0, 0, 1, 40, 700, 2500), lateMs: fc.constantFrom(0, 0, 0, 3, 490) }), {
    maxLength: 60,
  })
  .map((steps) => {
    let ms = Date.parse('2026-01-01T00:00:58.100Z');
    return steps.map(({ afterMs, lateMs }, line) => {
      ms += afterMs;
      return { line, time: new Date(ms - lateMs).toISOString() };
    });
  });

/** What a kubelet gives: from a whole second on. */
function since<T extends { readonly time: string }>(lines: readonly T[], time: string | undefined): readonly T[] {
  return time === undefined ? lines : lines.filter((line) => line.time >= time.replace('Z', '.000Z'));
}

describe('the memory of lines that were shown', () => {
  it('lets each line through once, wherever streams are cut', () => {
    fc.assert(
      fc.property(file, fc.array(fc.nat(30), { maxLength: 8 }), (lines, cuts) => {
        const seen = createSeenLines({ limited: false });
        const shown = [...cuts, lines.length].flatMap((count) =>
          since(lines, seen.again())
            .slice(0, count)
            .filter(({ time }) => seen.take(time)),
        );
        expect(shown.map(({ line }) => line)).toEqual(lines.slice(0, shown.length).map(({ line }) => line));
        const rest = since(lines, seen.again()).filter(({ time }) => seen.take(time));
        expect(shown.length + rest.length).toBe(lines.length);
      }),
      { numRuns: 500 },
    );
  });

  it('shows no line from before the first, where only the last lines were asked for', () => {
    const seen = createSeenLines({ limited: true });
    seen.again();
    expect(seen.take('2026-01-01T00:00:00.500000001Z')).toBe(true);
    expect(seen.again()).toBe('2025-12-31T23:59:59Z');
    expect(seen.take('2026-01-01T00:00:00.5Z')).toBe(false);
    expect(seen.take('2026-01-01T00:00:00.500000001Z')).toBe(false);
    expect(seen.take('2026-01-01T01:00:00.500000002+01:00')).toBe(true);
  });

  it('takes a time that cannot be read for a new line', () => {
    const seen = createSeenLines({ limited: false });
    expect(seen.take('2026-13-01T00:00:00Z')).toBe(true);
    expect(seen.take('2026-13-01T00:00:00Z')).toBe(true);
  });
});
