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
