/** A compiled module; threads share one by sending it. */
export type WasmModule = { readonly wasmModule: never };

/** A module at work. */
export type WasmInstance = { readonly exports: { readonly mem: { readonly buffer: ArrayBuffer } } };

/** What a module asks of its host. */
export type WasmImports = { readonly wasmImports: never };

/** The part of the global `WebAssembly` that is used here: TypeScript has its types in the library for browsers alone. */
export const webAssembly = (
  globalThis as unknown as {
    readonly WebAssembly: {
      compile(bytes: Uint8Array): Promise<WasmModule>;
      instantiate(module: WasmModule, imports: WasmImports): Promise<WasmInstance>;
    };
  }
).WebAssembly;
