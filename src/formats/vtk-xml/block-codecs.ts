import { loadOnce } from '../../core/load-once.ts';
import { decodeZlib } from '../kernels/zlib.ts';
import type { Compressor } from './header-model.ts';

/** Decodes one block into `target` and returns the bytes written, or −1 where the block is malformed. */
export type BlockDecoder = (
  block: Uint8Array<ArrayBuffer>,
  target: Uint8Array<ArrayBuffer>,
) => number | Promise<number>;

const decoders: Readonly<Record<Compressor, () => Promise<BlockDecoder>>> = {
  vtkZLibDataCompressor: () => Promise.resolve(decodeZlib),
  vtkLZ4DataCompressor: loadOnce(async () => (await import('../kernels/lz4.ts')).decodeLz4Block),
  vtkLZMADataCompressor: loadOnce(async () => (await import('../kernels/xz.ts')).decodeXz),
};

/** Loads the decoder of one block that `compressor` wrote: a zlib stream, a bare LZ4 block or an .xz stream. */
export function loadBlockDecoder(compressor: Compressor): Promise<BlockDecoder> {
  return decoders[compressor]();
}
