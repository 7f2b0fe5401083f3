import { describe, expect, it } from 'vitest';
import { startGo } from './go-instance.ts';
import { webAssembly } from './web-assembly.ts';

const EMPTY_MODULE = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);

/** Stands in for Go's loader and a program: `body` is what the program does when it renders, and returns a text. */
function loaderThat(body: string): string {
  return `globalThis.Go = class {
    importObject = {};
    async run() {
      globalThis.render = (template, values) => {
        const text = ((globalThis, fs, go) => { ${body} })(globalThis, fs, this);
        return [true, new TextEncoder().encode(String(text))];
      };
      globalThis.ready();
    }
  };`;
}

async function run(body: string): Promise<string> {
  const module = await webAssembly.compile(EMPTY_MODULE);
  const go = await startGo({ module, loader: loaderThat(body), softMemoryBytes: 1, maxPrintedBytes: 5 });
  const result = go.render('', []);
  return result.kind === 'done' ? `${new TextDecoder().decode(result.text)}|${result.printed}` : result.lastWords;
}

describe('the room that the Go program runs in', () => {
  it('has no network, no modules, no timers and nothing else of the process', async () => {
    const names = (await run('return Object.keys(globalThis).toSorted().join()')).split('|')[0]?.split(',');
    expect(names).toEqual(
      ['Array', 'Date', 'Go', 'Object', 'TextDecoder', 'TextEncoder', 'Uint8Array', 'crypto', 'fs', 'memoryLimit']
        .concat(['path', 'performance', 'process', 'ready', 'render'])
        .toSorted(),
    );
  });

  it('has no environment', async () => {
    await expect(run('return [JSON.stringify(go.env), typeof globalThis.process.env]')).resolves.toBe('{},undefined|');
  });

  it('knows no folder', async () => {
    await expect(run('return globalThis.process.cwd()')).resolves.toContain('not implemented');
  });

  it.each(['open', 'read', 'readdir', 'stat', 'lstat', 'unlink', 'rename', 'mkdir', 'readlink'])(
    'refuses %s as a call that does not exist',
    async (call) => {
      await expect(
        run(`let code; fs.${call}('/etc/passwd', 0, 0, (error) => { code = error.code; }); return code;`),
      ).resolves.toBe('ENOSYS|');
    },
  );

  it('keeps what is printed, up to its bound', async () => {
    const print = 'fs.writeSync(2, new TextEncoder().encode("hello, world"))';
    await expect(run(`return [${print}, ${print}]`)).resolves.toBe('12,12|hello');
  });

  it('is given up when the program exits', async () => {
    await expect(run('fs.writeSync(2, new TextEncoder().encode("fatal")); go.exit(2)')).resolves.toBe('fatal');
  });

  it('is given up when the program traps', async () => {
    await expect(run('throw new RangeError("call stack")')).resolves.toBe('RangeError: call stack');
  });

  it('must be ready at once', async () => {
    const module = await webAssembly.compile(EMPTY_MODULE);
    const loader = 'globalThis.Go = class { importObject = {}; async run() {} };';
    await expect(startGo({ module, loader, softMemoryBytes: 1, maxPrintedBytes: 5 })).rejects.toThrow('did not start');
  });
});
