import type { VascuError } from '../core/errors.ts';
import type { FileEntry } from '../core/source.ts';
import { TimeSlice } from '../core/time-slice.ts';
import type { Found, Members } from './archive.ts';
import type { ArchiveTools } from './archive-tools.ts';
import type { ByteSpace } from './byte-space.ts';
import { InflatedSpace } from './inflated-space.ts';
import { RestartPoints } from './restart-points.ts';
import { StoredSpace, ZipData } from './zip-data.ts';
import type { ZipEntries, ZipEntry } from './zip-entries.ts';
import { DEFLATED_METHOD, type ZipCheck } from './zip-faults.ts';

/** Members that are listed in one step. */
const MEMBERS_PER_STEP = 1000;

/** Members of a ZIP archive: of tens of thousands few are ever opened, so that only these are objects. */
export class ZipMembers implements Members {
  readonly #archive: ByteSpace;
  readonly #entries: ZipEntries;
  readonly #check: ZipCheck;
  readonly #directoryStart: number;
  readonly #tools: ArchiveTools;
  readonly #spaces = new Map<number, ByteSpace>();
  #offsets: Float64Array | undefined;

  /** @param directoryStart - place up to which the last member may reach */
  constructor(
    archive: ByteSpace,
    entries: ZipEntries,
    check: ZipCheck,
    directoryStart: number,
    tools: ArchiveTools,
  ) {
    this.#archive = archive;
    this.#entries = entries;
    this.#check = check;
    this.#directoryStart = directoryStart;
    this.#tools = tools;
  }

  get(path: string): Found | undefined {
    const index = this.#check.first.get(path);
    if (index === undefined) return undefined;
    return new ZipMember(this, index, this.#check.faults.get(index));
  }

  paths(): Iterable<string> {
    return this.#check.first.keys();
  }

  async entries(signal: AbortSignal): Promise<readonly FileEntry[]> {
    const entries: FileEntry[] = [];
    const slice = new TimeSlice(signal);
    for (const index of this.#check.first.values()) {
      entries.push(this.fileOf(index));
      if (entries.length % MEMBERS_PER_STEP === 0) await slice.pause();
    }
    return entries;
  }

  /** Makes the file of the source that a member is. */
  fileOf(index: number): FileEntry {
    const entries = this.#entries;
    const path = `${this.#archive.path}/${entries.path(index)}`;
    const size = entries.size(index);
    const version = `${this.#archive.version}-${hexOf(entries.crc(index))}-${entries.offset(index)}`;
    const modified = entries.modified(index);
    const packedSize = entries.method(index) === DEFLATED_METHOD ? entries.packedSize(index) : undefined;
    if (modified === undefined) {
      return packedSize === undefined ? { path, size, version } : { path, size, version, packedSize };
    }
    const base = { path, size, version, modified };
    return packedSize === undefined ? base : { ...base, packedSize };
  }

  /** Finds the bytes of a member: of all who read it the same, so that they share its passes. */
  spaceOf(index: number): ByteSpace {
    let space = this.#spaces.get(index);
    if (space === undefined) {
      space = this.#open(index);
      this.#spaces.set(index, space);
    }
    return space;
  }

  #open(index: number): ByteSpace {
    const { keeper, lot, maxBytes } = this.#tools;
    const file = this.fileOf(index);
    const entry = this.#entries.at(index);
    const data = new ZipData(this.#archive, entry, this.#limitOf(entry));
    const { size, packedSize, crc, method } = entry;
    if (method !== DEFLATED_METHOD) return new StoredSpace(file, data, crc);
    return new InflatedSpace(
      file,
      {
        path: file.path,
        framing: 'raw',
        packedSize,
        size,
        crc,
        maxBytes: maxBytes(packedSize),
        points: new RestartPoints(keeper, file.path, file.version),
        openPacked: (range, signal) => data.open(range, signal),
      },
      lot,
    );
  }

  /** Finds the place up to which a member may reach: where the next one begins. */
  #limitOf({ offset }: ZipEntry): number {
    this.#offsets ??= this.#entries.offsets().sort();
    let low = 0;
    let high = this.#offsets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#offsets[middle] as number) > offset) high = middle;
      else low = middle + 1;
    }
    return this.#offsets[low] ?? this.#directoryStart;
  }
}

/** Member of a ZIP archive that somebody asked for. */
class ZipMember implements Found {
  readonly entry: FileEntry;
  readonly fault: VascuError | undefined;
  readonly #members: ZipMembers;
  readonly #index: number;

  constructor(members: ZipMembers, index: number, fault: VascuError | undefined) {
    this.#members = members;
    this.#index = index;
    this.entry = members.fileOf(index);
    this.fault = fault;
  }

  space(): ByteSpace {
    return this.#members.spaceOf(this.#index);
  }
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Writes 32 bits as `toString(16)` does, in a tenth of its time. */
function hexOf(word: number): string {
  if (word < 0x10000000) return word.toString(16);
  const byte = (shift: number): string => HEX[(word >>> shift) & 255] as string;
  return byte(24) + byte(16) + byte(8) + byte(0);
}
