import { thumbnailAddress } from './view-client.ts';

/** Thumbnails that are asked for at a time: browsers have six lines to a server, which pictures need more. */
const MAX_AT_ONCE = 2;

const waiting: (() => void)[] = [];
let running = 0;

/** Loads a thumbnail; undefined where there is none that needs no byte of the network. */
export async function loadThumbnail(sample: string, signal: AbortSignal): Promise<Blob | undefined> {
  if (running >= MAX_AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  running++;
  try {
    if (signal.aborted) return undefined;
    const response = await fetch(thumbnailAddress(sample), { signal });
    return response.status === 200 ? await response.blob() : undefined;
  } finally {
    running--;
    waiting.shift()?.();
  }
}
