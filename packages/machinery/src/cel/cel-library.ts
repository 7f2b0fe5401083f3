type CelLibrary = typeof import('@bufbuild/cel') & { readonly strings: typeof import('@bufbuild/cel/ext').strings };

let loaded: CelLibrary | undefined;

/**
 * The CEL library, loaded when the first rule or unusual pattern needs it: it costs 80 ms and 40 MB, and most
 * processes (the controller, the CLI) never meet one. `require` because schemas are compiled synchronously.
 */
export function celLibrary(): CelLibrary {
  if (loaded === undefined) {
    const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);
    const cel = require('@bufbuild/cel') as typeof import('@bufbuild/cel');
    const { strings } = require('@bufbuild/cel/ext') as typeof import('@bufbuild/cel/ext');
    loaded = { ...cel, strings };
  }
  return loaded;
}
