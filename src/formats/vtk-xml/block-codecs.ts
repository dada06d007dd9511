import { loadOnce } from '../../core/load-once.ts';
import { decodeZlib } from '../kernels/zlib.ts';
import type { Compressor } from './header-model.ts';

/** Decoder of one block into `target`, which returns the bytes written, or −1 where the block is malformed. */
type DecodeOne = (
  block: Uint8Array<ArrayBuffer>,
  target: Uint8Array<ArrayBuffer>,
) => number | Promise<number>;
/**
 * Decoder of blocks that lie one behind the other, each to the same number of bytes, which returns how many were sound
 * before one was not.
 */
type DecodeMany = (blocks: Uint8Array, lengths: Float64Array, target: Uint8Array) => number;

/** Decoder of the blocks that one compressor wrote. */
type BlockDecoder =
  | { readonly decode: DecodeOne; readonly decodeMany?: undefined }
  | { readonly decode?: undefined; readonly decodeMany: DecodeMany };

const decoders: Readonly<Record<Compressor, () => Promise<BlockDecoder>>> = {
  vtkZLibDataCompressor: () => Promise.resolve({ decode: decodeZlib }),
  vtkLZ4DataCompressor: loadOnce(async () => ({
    decodeMany: (await import('../kernels/lz4.ts')).decodeLz4Blocks,
  })),
  vtkLZMADataCompressor: loadOnce(async () => ({ decode: (await import('../kernels/xz.ts')).decodeXz })),
};

/** Loads the decoder of what `compressor` wrote: zlib streams, bare LZ4 blocks or .xz streams. */
export function loadBlockDecoder(compressor: Compressor): Promise<BlockDecoder> {
  return decoders[compressor]();
}
