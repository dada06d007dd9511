import { unzippedPath, volumeOf } from '../core/archive-name.ts';
import type { Found } from './archive.ts';
import { JoinedSpace } from './byte-space.ts';
import { joinedEntry, volumeSets } from './part-list.ts';

/** Files that are packed or cut, by the path of what they are: one `.gz`, or all volumes. */
export class WrappedFiles {
  readonly #isChosen: (path: string) => boolean;
  readonly #packed = new Map<string, Found>();
  readonly #volumes = new Map<string, Found[]>();

  /** @param isChosen - whether the file of a path counts: of volumes the first, or the whole */
  constructor(isChosen: (path: string) => boolean) {
    this.#isChosen = isChosen;
  }

  get isEmpty(): boolean {
    return this.#packed.size === 0 && this.#volumes.size === 0;
  }

  /** Takes a file, where it is a packed or cut one. */
  add(found: Found): void {
    const { path } = found.entry;
    const plain = unzippedPath(path);
    if (plain !== undefined) {
      if (!this.#packed.has(plain)) this.#packed.set(plain, found);
      return;
    }
    const whole = volumeOf(path)?.path;
    if (whole === undefined) return;
    const volumes = this.#volumes.get(whole);
    if (volumes === undefined) this.#volumes.set(whole, [found]);
    else volumes.push(found);
  }

  /** Drops what is of no use, as there is a real file of that path. */
  drop(plain: string): void {
    this.#packed.delete(plain);
    this.#volumes.delete(plain);
  }

  /** Finds the chosen files that the one of a path lies in: where it is both packed and cut, the packed one. */
  get(plain: string): readonly Found[] | undefined {
    const packed = this.#packed.get(plain);
    if (packed !== undefined && this.#isAnyChosen(plain, packed)) return [packed];
    const volumes = this.#volumes.get(plain);
    const first = volumes?.reduce((a, b) => (numberOf(b) < numberOf(a) ? b : a));
    return first !== undefined && this.#isAnyChosen(plain, first) ? volumes : undefined;
  }

  /** Lists the chosen ones whose paths begin so. */
  *below(prefix: string): Generator<readonly [plain: string, parts: readonly Found[]], void, void> {
    for (const plain of new Set([...this.#packed.keys(), ...this.#volumes.keys()])) {
      const parts = plain.startsWith(prefix) ? this.get(plain) : undefined;
      if (parts !== undefined) yield [plain, parts];
    }
  }

  #isAnyChosen(plain: string, { entry }: Found): boolean {
    return this.#isChosen(entry.path) || this.#isChosen(plain);
  }
}

function numberOf({ entry }: Found): number {
  return volumeOf(entry.path)?.number ?? 0;
}

/** Joins the volumes of one file to it. @throws NotFoundError where one is missing */
export function joinVolumes(volumes: readonly Found[]): Found | undefined {
  const byPath = new Map(volumes.map((volume) => [volume.entry.path, volume]));
  const [set] = volumeSets(volumes.map(({ entry }) => entry));
  if (set === undefined) return undefined;
  const entry = joinedEntry(set);
  const parts = set.volumes.flatMap(({ path }) => byPath.get(path) ?? []);
  const fault = parts.find((part) => part.fault !== undefined)?.fault;
  const space = (): JoinedSpace =>
    new JoinedSpace(
      entry,
      parts.map((part) => part.space()),
    );
  return { entry, space, ...(fault === undefined ? {} : { fault }) };
}
