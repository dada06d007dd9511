import type { ProbedValue, ViewFault } from '../view-protocol.ts';
import type { LoadedPart, LoadedScene } from './load-scene.ts';
import { valueAt } from './pick.ts';
import type { Picture, PictureHit } from './picture.ts';
import type { ViewClient } from './view-client.ts';

/** Milliseconds that a pointer rests before what lies under it is looked for. */
const REST_MS = 50;

/** Value under the pointer, or where somebody clicked. */
export interface Probed {
  readonly hit: PictureHit;
  readonly loaded: LoadedPart;
  readonly isPinned: boolean;
  /** Number in the mesh of the nearest point, and of the cell where the array is one over cells. */
  readonly point: number | undefined;
  readonly cell: number | undefined;
  /** Value of the point or cell as the file has it, once the server has said so. */
  readonly exact?: ProbedValue | undefined;
  readonly fault?: ViewFault['message'] | undefined;
  /** Place in the picture, CSS pixels; undefined where it is outside. */
  readonly marker?: readonly [x: number, y: number] | undefined;
}

/** Probe: looks for the value under a pointer that rests, and keeps one that was clicked. */
export class Probing {
  readonly #client: ViewClient;
  readonly #onChange: () => void;
  #picture: Picture | undefined;
  #probed: Probed | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking = new AbortController();

  constructor(client: ViewClient, onChange: () => void) {
    this.#client = client;
    this.#onChange = onChange;
  }

  set picture(picture: Picture) {
    this.#picture = picture;
  }

  get probed(): Probed | undefined {
    return this.#probed;
  }

  /** Looks at a place, in CSS pixels of the window, when the pointer rests there. */
  hover(scene: LoadedScene | undefined, x: number, y: number): void {
    clearTimeout(this.#timer);
    if (this.#probed?.isPinned === true) return;
    this.#timer = setTimeout(() => this.#set(this.#look(scene, x, y, false)), REST_MS);
  }

  /** Forgets what the pointer has left. */
  leave(): void {
    clearTimeout(this.#timer);
    if (this.#probed?.isPinned !== true) this.#set(undefined);
  }

  /** Keeps what lies at a place and asks for its exact value; beside the mesh it lets go of what was kept. */
  pin(scene: LoadedScene | undefined, x: number, y: number): void {
    clearTimeout(this.#timer);
    const probed = this.#look(scene, x, y, true);
    this.#set(probed);
    this.#ask();
  }

  /** Lets go of what was kept. */
  unpin(): void {
    this.#set(undefined);
  }

  /** Follows to another scene: what is kept stays at its place where the mesh is the same. */
  follow(scene: LoadedScene | undefined): void {
    const probed = this.#probed;
    if (probed === undefined) return;
    const loaded = scene?.parts[probed.hit.part];
    if (loaded === probed.loaded) return;
    if (loaded === undefined || loaded.drawn !== probed.loaded.drawn) {
      this.#set(undefined);
      return;
    }
    const value = valueAt(loaded.values, probed.hit);
    this.#set({ ...probed, hit: { ...probed.hit, value }, loaded, exact: undefined, fault: undefined });
    if (probed.isPinned) this.#ask();
  }

  /** Places the mark of what is kept again, after the camera moved. */
  place(): void {
    const probed = this.#probed;
    if (probed?.isPinned !== true) return;
    const marker = this.#picture?.placeOf(probed.hit.part, probed.hit.place);
    if (String(marker) !== String(probed.marker)) this.#set({ ...probed, marker });
  }

  #look(scene: LoadedScene | undefined, x: number, y: number, isPinned: boolean): Probed | undefined {
    const hit = this.#picture?.pickAt(x, y);
    const loaded = hit === undefined ? undefined : scene?.parts[hit.part];
    if (hit === undefined || loaded === undefined) return undefined;
    const { points, cells } = loaded.drawn;
    const byCell = loaded.values?.facts.on === 'cell';
    return {
      hit,
      loaded,
      isPinned,
      point: points[hit.point],
      cell: byCell ? cells[hit.cell] : undefined,
      ...(isPinned ? { marker: this.#picture?.placeOf(hit.part, hit.place) } : {}),
    };
  }

  #set(probed: Probed | undefined): void {
    if (probed === this.#probed) return;
    this.#probed = probed;
    this.#onChange();
  }

  #ask(): void {
    this.#asking.abort();
    const probed = this.#probed;
    const wish = probed?.loaded.wish;
    if (probed === undefined || wish === undefined) return;
    const { point, cell } = probed;
    const number = cell === undefined ? (point === undefined ? undefined : { point }) : { cell };
    if (number === undefined) return;
    const asking = new AbortController();
    this.#asking = asking;
    const isStill = (): boolean => !asking.signal.aborted && this.#probed?.loaded === probed.loaded;
    this.#client.probe(wish, number, asking.signal).then(
      (exact) => isStill() && this.#set({ ...(this.#probed as Probed), exact }),
      (error: unknown) =>
        isStill() &&
        this.#set({
          ...(this.#probed as Probed),
          fault: error instanceof Error ? error.message : String(error),
        }),
    );
  }
}
