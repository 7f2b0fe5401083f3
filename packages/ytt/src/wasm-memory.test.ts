import { describe, expect, it } from 'vitest';
import { withMemoryMaximum } from './wasm-memory.ts';
import { type WasmImports, webAssembly } from './web-assembly.ts';

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
/** Exports memory 0 as `mem`. */
const EXPORT = [7, 7, 1, 3, 0x6d, 0x65, 0x6d, 2, 0];
const NO_IMPORTS = {} as WasmImports;

function moduleWith(memory: readonly number[]): Uint8Array {
  return Uint8Array.from([...HEADER, ...memory, ...EXPORT]);
}

async function grow(bytes: Uint8Array, pages: number): Promise<number> {
  const instance = await webAssembly.instantiate(await webAssembly.compile(bytes), NO_IMPORTS);
  return (instance.exports.mem as unknown as { grow(pages: number): number }).grow(pages);
}

describe('a maximum for the memory of a module', () => {
  const unlimited = moduleWith([5, 3, 1, 0, 2]);

  it('lets it grow up to there and not beyond', async () => {
    const limited = withMemoryMaximum(unlimited, 300);
    await expect(grow(limited, 298)).resolves.toBe(2);
    await expect(grow(limited, 299)).rejects.toThrow(/grow/);
    await expect(grow(unlimited, 299)).resolves.toBe(2);
  });

  it('replaces one that is there', async () => {
    await expect(grow(withMemoryMaximum(withMemoryMaximum(unlimited, 300), 3), 2)).rejects.toThrow(/grow/);
  });

  it('leaves a module alone that has it already', () => {
    const limited = withMemoryMaximum(unlimited, 300);
    expect(withMemoryMaximum(limited, 300)).toBe(limited);
  });

  it('is refused below what the module starts with', () => {
    expect(() => withMemoryMaximum(unlimited, 1)).toThrow('starts with 2 pages of memory, and the maximum is 1');
  });

  it('is refused for what is no such module', () => {
    expect(() => withMemoryMaximum(Uint8Array.from(HEADER), 9)).toThrow('no memory of its own');
    expect(() => withMemoryMaximum(Uint8Array.from([...HEADER, 5, 0x80]), 9)).toThrow('cut short');
    expect(() => withMemoryMaximum(moduleWith([5, 5, 2, 0, 1, 0, 1]), 9)).toThrow('unusual memory');
  });
});
