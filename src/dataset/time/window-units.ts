import { NotFoundError } from '../../core/errors.ts';
import type { FileHead, HeldParts, PartsRequest } from '../../core/held-file.ts';
import type { ParsedHeader } from '../../core/mesh.ts';
import type { ReadPlanner } from '../../core/read-plan.ts';
import type { FileEntry } from '../../core/source.ts';
import { openMesh } from '../../formats/registry.ts';
import { planMesh } from '../../mesh/plan-mesh.ts';
import { holdFile } from '../../mesh/read-mesh.ts';
import { isHeadKnown } from '../../partial/partial-fetch.ts';
import type { DataStreamer } from '../../streamers/data-streamer.ts';
import type { SampleWish } from '../wished-files.ts';
import type { KeptPart } from './kept-steps.ts';
import { type PartWish, storedNames } from './window-wish.ts';

/** Files whose heads are remembered. */
const MAX_KNOWN_HEADS = 256;

/** Hold of a unit. */
export interface HeldUnit extends HeldParts {
  /** Offsets of the stretches that it has, of a file that others have more of. @defaultValue nobody has */
  readonly starts?: ReadonlySet<number> | undefined;
}

/** Part of a file that is held as one: what all of its steps have in common, the arrays of one step, or all that is wanted. */
export interface Unit {
  /** Text that is the same for the same bytes. */
  readonly key: string;
  /** File that it is of. */
  readonly path: string;
  /** Position of the step that alone needs it. @defaultValue undefined: all steps do */
  readonly position?: number | undefined;
  /** True where threads that decode have no use for the header that was read. */
  readonly isHeaderKept: boolean;
  readonly hold: (signal: AbortSignal) => Promise<HeldUnit>;
  /** Lists what is held besides, once it is known what this one has. @defaultValue nothing */
  readonly rest?: ((held: HeldUnit) => readonly Unit[]) | undefined;
}

/** Head of a file as it was found. */
interface KnownHead {
  readonly parsed: ParsedHeader;
  readonly head: FileHead;
  readonly starts: ReadonlySet<number>;
}

/** Units of the files of series, for one wish. */
export class WindowUnits {
  readonly #streamer: DataStreamer;
  readonly #wish: SampleWish;
  /** Heads of files of several steps, by their paths, the one that was used longest ago first. */
  readonly #heads = new Map<string, KnownHead>();

  constructor(streamer: DataStreamer, wish: SampleWish) {
    this.#streamer = streamer;
    this.#wish = wish;
  }

  /**
   * Lists the units of a part of a sample.
   *
   * @param owner - files of the step whose mesh all steps have; undefined where each has its own
   * @param kept - what of it is kept decoded, which is not held once more
   * @param isRemoved - whether what nobody needs any more is removed: then the owner is held with every step, and goes with
   * the last one
   */
  of(
    wish: PartWish,
    owner: readonly FileEntry[] | undefined,
    kept?: KeptPart,
    isRemoved = false,
  ): readonly Unit[] {
    const part = { ...wish, steps: wish.steps.filter((_, at) => kept?.steps[at] === undefined) };
    if (part.steps.length === 0 && (!wish.isOneFile || kept?.mesh !== undefined)) return [];
    if (wish.part.isStatic && kept?.mesh !== undefined) return [];
    if (!part.isOneFile) return this.#unitsOfFiles(part, owner, isRemoved);
    const [first] = wish.steps;
    const files = first?.source.files ?? [];
    const [entry] = files;
    const isWhole = this.#wish.mode === 'whole' || first?.source.timeStep !== undefined;
    if (entry === undefined) return [];
    return files.length > 1 || isWhole
      ? this.#unitsOfCollection(part, files, isWhole)
      : [this.#base(part, entry)];
  }

  /** Lists files of one step each. */
  #unitsOfFiles(
    { part, steps, graphOf }: PartWish,
    owner: readonly FileEntry[] | undefined,
    isRemoved: boolean,
  ): readonly Unit[] {
    const { attributes, mode, geometry } = this.#wish;
    const isGraph = part.name === '' && geometry !== false;
    const all = steps.map(({ position, source: { files } }) => ({ position, files }));
    const isThere = all.some(({ files }) => files[0]?.path === owner?.[0]?.path);
    if (isRemoved && owner !== undefined && !isThere) all.push({ position: 0, files: owner });
    return all.flatMap(({ position, files }) => {
      const isAlike = owner?.length === files.length;
      return files.map((entry, at): Unit => {
        const sameMeshAs = isAlike ? owner?.[at] : undefined;
        const isOwner = sameMeshAs?.path === entry.path;
        const wish = { attributes, mode, graphOf, geometry, sameMeshAs, isGraph: isGraph && at === 0 };
        const isCollection = at === 0 && files.length > 1;
        return {
          key: entry.path,
          path: entry.path,
          // The others have its mesh.
          position: isOwner ? undefined : position,
          isHeaderKept: false,
          hold: (signal) => holdFile(this.#streamer, entry.path, { ...wish, entry, isCollection, signal }),
        };
      });
    });
  }

  /** Lists a file that all steps lie in, and those that it names. */
  #unitsOfCollection(part: PartWish, files: readonly FileEntry[], isWhole: boolean): readonly Unit[] {
    const { mode, geometry } = this.#wish;
    const { statics, steps, graphOf } = part;
    const stored = steps.flatMap(({ arrays = [] }) => storedNames(arrays));
    const attributes = statics && !isWhole ? [...new Set([...statics, ...stored])] : undefined;
    const wish = { attributes, mode: isWhole ? ('whole' as const) : mode, graphOf, geometry };
    return files.map((entry) => ({
      key: `${entry.path}\n${JSON.stringify(attributes ?? null)}`,
      path: entry.path,
      isHeaderKept: true,
      hold: async (signal) =>
        this.#asListed(entry, await holdFile(this.#streamer, entry.path, { ...wish, entry, signal }), signal),
    }));
  }

  /** Makes the unit of what all steps of a file have in common, which says where the arrays of each lie. */
  #base(part: PartWish, entry: FileEntry): Unit {
    const { path } = entry;
    return {
      key: `${part.at} ${path}`,
      path,
      isHeaderKept: true,
      hold: (signal) => this.#holdBase(part, entry, signal),
      rest: (held) => (typeof held.place === 'string' ? [] : this.#unitsOfSteps(part, entry, held)),
    };
  }

  async #holdBase(part: PartWish, entry: FileEntry, signal: AbortSignal): Promise<HeldUnit> {
    const { path } = entry;
    const known = this.#heads.get(path);
    let starts = new Set<number>();
    const plan: ReadPlanner = async (file, own) => {
      const parsed = isHeadKnown(file) ? known?.parsed : undefined;
      const options = { path, geometry: this.#wish.geometry, graphOf: part.graphOf, parsed, signal: own };
      const attributes = await staticsOf(part, file, options);
      const made = await planMesh(file, { ...options, attributes });
      if (typeof made !== 'string')
        starts = new Set(made.stretches.filter(({ wanted }) => wanted).map(({ start }) => start));
      return made;
    };
    const request: PartsRequest = { plan, mode: this.#mode, head: known?.head };
    const opened = await this.#streamer.openParts(path, { ...request, entry, signal });
    const held = await this.#asListed(entry, opened, signal);
    if (held.parsed !== undefined && held.head !== undefined) {
      this.#heads.delete(path);
      this.#heads.set(path, { parsed: held.parsed, head: held.head, starts });
      if (this.#heads.size > MAX_KNOWN_HEADS) this.#heads.delete(this.#heads.keys().next().value as string);
    }
    return { ...held, starts };
  }

  #unitsOfSteps(part: PartWish, entry: FileEntry, base: HeldUnit): readonly Unit[] {
    const { path } = entry;
    const { parsed, head, starts } = base;
    return part.steps.flatMap(({ position, arrays = [] }) => {
      const attributes = storedNames(arrays);
      if (attributes.length === 0) return [];
      const plan: ReadPlanner = async (file, signal) => {
        if (!isHeadKnown(file)) throw changedFile(path);
        const made = await planMesh(file, {
          path,
          attributes,
          geometry: false,
          graphOf: part.graphOf,
          parsed,
          signal,
        });
        if (typeof made === 'string') return made;
        const stretches = made.stretches.map((stretch) =>
          stretch.wanted && starts?.has(stretch.start) === true ? { ...stretch, wanted: false } : stretch,
        );
        return { ...made, stretches };
      };
      const request: PartsRequest = { plan, mode: 'partial', head, isHeadHeld: true };
      const hold = async (signal: AbortSignal): Promise<HeldUnit> =>
        this.#asListed(entry, await this.#streamer.openParts(path, { ...request, entry, signal }), signal);
      return { key: `${part.at} ${path}\n${position}`, path, position, isHeaderKept: true, hold };
    });
  }

  /**
   * Refuses a file that is not as it was listed any more: what is kept of others of its steps would not fit.
   *
   * @throws NotFoundError
   */
  async #asListed(entry: FileEntry, held: HeldUnit, signal: AbortSignal): Promise<HeldUnit> {
    const { path, version } = entry;
    const { source } = this.#streamer;
    try {
      const isOfMachine = source.inPlace === true && typeof held.place === 'string';
      const now = isOfMachine ? (await source.stat(path, { signal })).version : version;
      if (now !== version || this.#streamer.hasChanged(path)) throw changedFile(path);
      return held;
    } catch (error) {
      held.release();
      throw error;
    }
  }

  get #mode(): 'auto' | 'partial' {
    return this.#wish.mode === 'partial' ? 'partial' : 'auto';
  }
}

/** Makes the error of a file that is of another version than when its head was read. */
function changedFile(path: string): NotFoundError {
  return new NotFoundError(
    `${path} was changed while its steps were read: open the dataset anew, so that all steps are of one version.`,
  );
}

/** Names the static arrays of a file that are wanted: those that are given, or all but those of steps. */
async function staticsOf(
  { part, statics }: PartWish,
  file: Parameters<ReadPlanner>[0],
  options: { readonly path: string; readonly parsed: ParsedHeader | undefined; readonly signal: AbortSignal },
): Promise<readonly string[] | undefined> {
  const { stepped } = part;
  if (statics !== undefined || stepped === undefined) return statics;
  const { header } = await openMesh(file, { ...options, planOnly: true }).catch(() => ({
    header: undefined,
  }));
  if (header === undefined) return [];
  const isStatic = (name: string): boolean => !stepped.node.has(name) && !stepped.cell.has(name);
  return [...header.pointArrays, ...header.cellArrays].filter(isStatic);
}
