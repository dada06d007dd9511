import { UnsupportedError } from '../../core/errors.ts';
import { callKernels } from './blocks.ts';

type Decoded = number | Promise<number>;

/** Length above which a block is inflated off the event loop, bytes. */
const MIN_ASYNC_BYTES = 4 * 1024 ** 2;

/**
 * Decodes a zlib stream (RFC 1950) that fits `target`, its checksum checked; what follows it is passed over.
 *
 * @returns the bytes written, or −1 where the stream is malformed or longer
 */
export function decodeZlib(source: Uint8Array<ArrayBuffer>, target: Uint8Array<ArrayBuffer>): Decoded {
  const written =
    target.length > MIN_ASYNC_BYTES
      ? undefined
      : callKernels(source, target, ({ inflate }, from, to) =>
          inflate(from, source.length, to, target.length),
        );
  return written ?? decodeZlibByPlatform(source, target);
}

/** Decoder of Node or the browser, once it was needed: nothing of Node is touched when this module is loaded. */
let platform: typeof decodeZlib | undefined;

/** Does what {@link decodeZlib} does with what Node or the browser has. */
export function decodeZlibByPlatform(
  source: Uint8Array<ArrayBuffer>,
  target: Uint8Array<ArrayBuffer>,
): Decoded {
  platform ??= choosePlatform();
  return platform(source, target);
}

function choosePlatform(): typeof decodeZlib {
  const zlib = globalThis.process?.getBuiltinModule?.('zlib');
  // Bundlers put empty modules in the place of Node's.
  if (typeof zlib?.inflateSync !== 'function') return inflateStream;
  return (block, target) => {
    // One byte more than fits, so that a full target does not cost a second chunk.
    const options = {
      chunkSize: Math.max(64, Math.min(target.length, MIN_ASYNC_BYTES) + 1),
      maxOutputLength: Math.max(1, target.length),
    };
    if (target.length > MIN_ASYNC_BYTES) {
      return new Promise((resolve) => {
        zlib.inflate(block, options, (error, bytes) => {
          if (error === null) target.set(bytes);
          resolve(error === null ? bytes.length : -1);
        });
      });
    }
    try {
      const bytes = zlib.inflateSync(block, options);
      target.set(bytes);
      return bytes.length;
    } catch {
      return -1;
    }
  };
}

/** Inflates in browsers, which have no `node:zlib`. */
async function inflateStream(
  block: Uint8Array<ArrayBuffer>,
  target: Uint8Array<ArrayBuffer>,
): Promise<number> {
  if (typeof DecompressionStream !== 'function') {
    throw new UnsupportedError(
      'zlib',
      `A block of ${block.length} bytes is packed with zlib, which takes WebAssembly or DecompressionStream to unpack; neither is to be had here. A page's policy must allow 'wasm-unsafe-eval'.`,
    );
  }
  const stream = new Blob([block]).stream().pipeThrough(new DecompressionStream('deflate'));
  // Not every browser can iterate over a stream.
  const reader = stream.getReader();
  let written = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return written;
      if (written + value.length > target.length) {
        await reader.cancel();
        return -1;
      }
      target.set(value, written);
      written += value.length;
    }
  } catch {
    return -1;
  }
}
