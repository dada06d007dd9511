import { callKernels } from './blocks.ts';

/**
 * Decodes a bare LZ4 block (LZ4 Block Format Description), no frame around it.
 *
 * @returns the bytes written, at most the length of `target`, or −1 where the block is malformed or longer
 */
export function decodeLz4Block(source: Uint8Array, target: Uint8Array): number {
  const written = callKernels(source, target, ({ lz4 }, from, to) =>
    lz4(from, source.length, to, target.length),
  );
  return written ?? decodeLz4BlockInTypeScript(source, target);
}

/** Does what {@link decodeLz4Block} does without WebAssembly. */
export function decodeLz4BlockInTypeScript(source: Uint8Array, target: Uint8Array): number {
  let from = 0;
  let to = 0;
  /** Reads a length of four bits that goes on in bytes while they are 255; −1 at the end of the block. */
  const readLength = (start: number): number => {
    let length = start;
    for (let more = start === 15 ? 255 : 0; more === 255; ) {
      if (from >= source.length) return -1;
      more = source[from++] as number;
      length += more;
    }
    return length;
  };
  while (from < source.length) {
    const token = source[from++] as number;
    const literals = readLength(token >> 4);
    if (literals < 0 || literals > source.length - from || literals > target.length - to) return -1;
    target.set(source.subarray(from, from + literals), to);
    from += literals;
    to += literals;
    if (from === source.length) return to;
    if (source.length - from < 2) return -1;
    const distance = (source[from] as number) | ((source[from + 1] as number) << 8);
    from += 2;
    const length = readLength(token & 15) + 4;
    if (length < 4 || distance === 0 || distance > to || length > target.length - to) return -1;
    for (const end = to + length; to < end; to++) target[to] = target[to - distance] as number;
  }
  return -1;
}
