import type { FilePart, FilePlace, HeldFile, HeldParts } from '../../core/held-file.ts';
import type { ParsedHeader } from '../../core/mesh.ts';
import type { WindowStep } from '../../decode/window-input.ts';
import { asParts } from '../../files/held.ts';
import type { KeptPart } from './kept-steps.ts';
import type { HoldShare, SharedHolds } from './shared-holds.ts';
import type { HeldUnit, Unit } from './window-units.ts';
import type { PartWish } from './window-wish.ts';

/** Unit that is held for a sample. */
interface TakenUnit {
  readonly unit: Unit;
  readonly share: HoldShare<HeldUnit>;
  /** Place of the part in its series. */
  readonly at: number;
}

/** Files of a part, as they lie on this machine. */
interface PlacedPart {
  readonly file: FilePlace;
  /** Places of its pieces, by their paths. */
  readonly pieces: ReadonlyMap<string, FilePlace>;
  /** Headers that threads that decode have not themselves. */
  readonly parsed: ReadonlyMap<string, ParsedHeader>;
}

/** Places of all that is held for one sample. */
export class HeldPlaces {
  readonly #taken: TakenUnit[] = [];
  /** Holds of parts that were kept decoded, by the places of parts in their series. */
  readonly #kept = new Map<number, KeptPart>();

  /** Holds as they are: one for each unit. */
  get files(): readonly HeldParts[] {
    return [...this.#taken.map(({ share }) => share.held), ...this.#keptFiles.map((file) => asParts(file))];
  }

  get #keptFiles(): readonly HeldFile[] {
    return [...this.#kept.values()].flatMap(({ mesh, steps }) =>
      [mesh, ...steps.flatMap((step) => [step?.arrays, step?.mesh?.file])].filter(
        (file) => file !== undefined,
      ),
    );
  }

  /** Adds what of a part was kept decoded. */
  add({ at }: PartWish, kept: KeptPart): void {
    this.#kept.set(at, kept);
  }

  /** Gives the place of the mesh of a part that was kept decoded. */
  keptMesh({ at }: PartWish): FilePlace | undefined {
    return this.#kept.get(at)?.mesh?.path;
  }

  /** Gives the places of what of a step was kept decoded. */
  keptStep({ at }: PartWish, step: number): Pick<WindowStep, 'kept' | 'keptMesh'> {
    const { arrays, mesh } = this.#kept.get(at)?.steps[step] ?? {};
    if (arrays === undefined) return {};
    return { kept: arrays.path, ...(mesh && { keptMesh: { digest: mesh.digest, file: mesh.file.path } }) };
  }

  /** Bytes that came for the sake of this sample. */
  get bytes(): number {
    return this.#taken.reduce((sum, { share }) => sum + (share.isFirst ? share.held.bytes : 0), 0);
  }

  /** Holds units of a part, and what each of them asks for besides; where one fails it rejects when the others have ended. */
  async hold(
    { at }: PartWish,
    units: readonly Unit[],
    holds: SharedHolds<HeldUnit>,
    signal: AbortSignal,
  ): Promise<void> {
    const take = async (unit: Unit): Promise<void> => {
      const share = await holds.share(unit.key, unit.hold, signal);
      this.#taken.push({ unit, share, at });
      await takeAll(unit.rest?.(share.held) ?? []);
    };
    const takeAll = async (all: readonly Unit[]): Promise<void> => {
      const taken = await Promise.allSettled(all.map(take));
      for (const each of taken) if (each.status === 'rejected') throw each.reason;
    };
    await takeAll(units);
  }

  /** Lets go of all. @param isDone - tells what nobody needs any more, by the position of its step */
  release(isDone: (position: number | undefined) => boolean | 'now'): void {
    for (const { unit, share } of this.#taken.splice(0)) share.release(isDone(unit.position));
    const isDamaged = isDone(undefined) === 'now';
    for (const file of this.#keptFiles) file.release({ remove: isDamaged });
    this.#kept.clear();
  }

  /** Gives the places of a file of a part and of the pieces of this. */
  partOf({ at, steps }: PartWish, path: string): PlacedPart {
    const files = steps.find(({ source }) => source.path === path)?.source.files ?? [];
    const places = files.map((entry) => [entry.path, this.#placeOf(at, entry.path)] as const);
    const [[, file] = ['', ''], ...pieces] = places;
    const paths = new Set(files.map((entry) => entry.path));
    const parsed = this.#taken.flatMap(({ unit, share }) =>
      !unit.isHeaderKept && paths.has(unit.path) && share.held.parsed !== undefined
        ? [[unit.path, share.held.parsed] as const]
        : [],
    );
    return { file, pieces: new Map(pieces), parsed: new Map(parsed) };
  }

  /** Joins the places of what is held of a file. */
  #placeOf(at: number, path: string): FilePlace {
    const places = this.#taken
      .filter((each) => each.at === at && each.unit.path === path)
      .map(({ share }) => share.held.place);
    const whole = places.find((place) => typeof place === 'string');
    if (whole !== undefined) return whole;
    const parted = places.filter((place) => typeof place !== 'string');
    const parts = new Map<number, FilePart>();
    for (const place of parted) for (const part of place.parts) parts.set(part.start, part);
    const [first] = parted;
    const sorted = [...parts.values()].sort((a, b) => a.start - b.start);
    return { name: path, size: first?.size ?? 0, parts: sorted };
  }
}
