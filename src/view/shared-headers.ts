import { SharedTask } from '../core/shared-task.ts';
import type { FileEntry } from '../core/source.ts';
import type { DataStreamer } from '../io.ts';
import { type MeasuredHeader, readMeshHeaderFrom } from '../mesh.ts';

/** Headers that are remembered. */
const MAX_HEADERS = 500;

/** Headers of mesh files, each read once for all who ask. */
export class SharedHeaders {
  readonly #streamer: DataStreamer;
  readonly #read = new Map<string, MeasuredHeader>();
  readonly #reading = new Map<string, SharedTask<MeasuredHeader>>();

  constructor(streamer: DataStreamer) {
    this.#streamer = streamer;
  }

  async get({ path, version }: FileEntry, signal: AbortSignal): Promise<MeasuredHeader> {
    const key = `${version}\0${path}`;
    const known = this.#read.get(key);
    if (known !== undefined) return known;
    let task = this.#reading.get(key);
    if (task === undefined || task.abandoned) {
      const own = new SharedTask((given) =>
        readMeshHeaderFrom(this.#streamer, path, { measure: false, signal: given }),
      );
      task = own;
      this.#reading.set(key, own);
      void own.ended().then(() => {
        if (this.#reading.get(key) === own) this.#reading.delete(key);
      });
    }
    const header = await task.join(signal);
    if (this.#read.size >= MAX_HEADERS) this.#read.clear();
    this.#read.set(key, header);
    return header;
  }
}
