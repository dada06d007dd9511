import { decodeLz4Block, decodeXz, decodeZlib } from '../kernels/kernels.ts';
import type { Compressor } from './header-model.ts';

/** Function that decodes one block into `target` and returns the bytes written, or −1 where the block is malformed. */
export type BlockDecoder = (
  block: Uint8Array<ArrayBuffer>,
  target: Uint8Array<ArrayBuffer>,
) => number | Promise<number>;

const decoders: Readonly<Record<Compressor, BlockDecoder>> = {
  vtkZLibDataCompressor: decodeZlib,
  vtkLZ4DataCompressor: decodeLz4Block,
  vtkLZMADataCompressor: decodeXz,
};

/** Makes the decoder of one block that `compressor` wrote: a zlib stream, a bare LZ4 block or an .xz stream. */
export function blockDecoder(compressor: Compressor): BlockDecoder {
  return decoders[compressor];
}
