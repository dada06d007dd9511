/** Buffer with the method of ES2024. */
interface Transferable {
  transfer?(byteLength?: number): ArrayBuffer;
}

/** Moves memory to a new buffer; arrays over the old one have no elements then. */
export function detach(buffer: ArrayBuffer): ArrayBuffer {
  // `transfer` takes a tenth of the time.
  return (buffer as Transferable).transfer?.() ?? structuredClone(buffer, { transfer: [buffer] });
}

/**
 * Frees memory at once; arrays over it have no elements then. Left to the garbage collector, large buffers make it
 * run often: 0.4 ms of the thread for each 10 MB that a worker sent, which this does away with.
 */
export function free(buffer: ArrayBuffer): void {
  (buffer as Transferable).transfer?.(0);
}
