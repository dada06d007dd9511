import type { BufferPool } from '../../core/buffer-pool.ts';
import type { TimeSlice } from '../../core/time-slice.ts';
import type { FileWindow } from './file-window.ts';
import type { VtkXmlHeader } from './header-model.ts';

/** An open file whose arrays are read. */
export interface ArrayContext {
  readonly window: FileWindow;
  readonly header: VtkXmlHeader;
  readonly path: string;
  readonly slice: TimeSlice;
  /** Bytes that all arrays together may decode to. */
  readonly maxBytes: number;
  readonly buffers: BufferPool | undefined;
  readonly signal: AbortSignal | undefined;
  /** Bytes that arrays read so far decoded to. */
  decodedBytes: number;
}

/** Words for errors about arrays whose number of values follows from a count in the header. */
export const ASKER = 'the header asks for';

/** How many values of an array are wanted. */
export interface WantedValues {
  /** So many, the first ones. @defaultValue as many as the data hold */
  readonly expected?: number | undefined;
  /** Words for errors that say where the number is from. @defaultValue {@link ASKER} */
  readonly asker?: string | undefined;
}

/** How many integers of an array are wanted, and how they are given. */
export interface WantedIntegers extends WantedValues {
  /** Zeros to put in front of the values. @defaultValue 0 */
  readonly lead?: number | undefined;
}
