import { decodeLz4Block, decodeXz } from '../kernels/kernels.ts';
import type { Compressor } from './header-model.ts';

/** Decodes one block into `target` and returns the bytes written, or −1 where the block is malformed. */
export type BlockDecoder = (
  block: Uint8Array<ArrayBuffer>,
  target: Uint8Array<ArrayBuffer>,
) => number | Promise<number>;

/** A block of more bytes than this is inflated off the event loop. */
const ASYNC_BYTES = 1024 ** 2;

/** Inflates in browsers, which have no `node:zlib`. */
async function inflateStream(
  block: Uint8Array<ArrayBuffer>,
  target: Uint8Array<ArrayBuffer>,
): Promise<number> {
  const stream = new Blob([block]).stream().pipeThrough(new DecompressionStream('deflate'));
  let written = 0;
  try {
    for await (const chunk of stream) {
      if (written + chunk.length > target.length) return -1;
      target.set(chunk, written);
      written += chunk.length;
    }
  } catch {
    return -1;
  }
  return written;
}

function chooseInflate(): BlockDecoder {
  const zlib = globalThis.process?.getBuiltinModule?.('node:zlib');
  if (zlib === undefined) return inflateStream;
  return (block, target) => {
    // One byte more than fits, so that a full target does not cost a second chunk.
    const options = {
      chunkSize: Math.max(64, Math.min(target.length, ASYNC_BYTES) + 1),
      maxOutputLength: Math.max(1, target.length),
    };
    if (target.length > ASYNC_BYTES) {
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

const decoders: Readonly<Record<Compressor, BlockDecoder>> = {
  vtkZLibDataCompressor: chooseInflate(),
  vtkLZ4DataCompressor: decodeLz4Block,
  vtkLZMADataCompressor: decodeXz,
};

/** The decoder of one block that `compressor` wrote: a zlib stream, a bare LZ4 block or an .xz stream. */
export function blockDecoder(compressor: Compressor): BlockDecoder {
  return decoders[compressor];
}
