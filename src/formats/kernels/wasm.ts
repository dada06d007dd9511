const modules = new Map<string, WebAssembly.Module>();

/** Memory of one kernel in which others may work, so that what they leave there need not be copied. */
export interface WorkMemory {
  readonly memory: WebAssembly.Memory;
  /** Address of room that nobody needs while bytes are decoded into the rest. */
  readonly spare: number;
  readonly spareBytes: number;
}

/** Memories to work in, by their bytes. */
export const workMemories: WeakMap<ArrayBufferLike, WorkMemory> = new WeakMap();

/**
 * Makes a new instance of a WebAssembly module, compiled once; undefined where WebAssembly or its SIMD instructions are
 * missing.
 *
 * @param hex - the module
 * @param memory - of a module that brings none of its own
 */
export function instantiate<Exports>(hex: string, memory?: WebAssembly.Memory): Exports | undefined {
  try {
    let module = modules.get(hex);
    if (module === undefined) {
      module = new WebAssembly.Module(bytesOf(hex));
      modules.set(hex, module);
    }
    const imports = memory === undefined ? {} : { env: { memory } };
    return new WebAssembly.Instance(module, imports).exports as Exports;
  } catch {
    return undefined;
  }
}

/** Decodes hexadecimal text. */
function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return globalThis.Buffer === undefined
    ? Uint8Array.from({ length: hex.length / 2 }, (_, at) =>
        Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16),
      )
    : Buffer.from(hex, 'hex');
}
