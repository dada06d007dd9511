/** Parts of which a file's version is made. */
export interface VersionParts {
  /** Bytes. */
  readonly size: number;
  /** FILETIME: 100 ns units since 1601. */
  readonly lastWrite: bigint;
  /** Id on its disk; undefined where the server says none. */
  readonly diskId: bigint | undefined;
}

/** Makes the version of a file: its size, its time of last write and, where the server has one, its id. */
export function versionOf({ size, lastWrite, diskId }: VersionParts): string {
  return diskId === undefined ? `${size}-${lastWrite}` : `${size}-${lastWrite}-${diskId}`;
}

/** Reads the size that a version speaks of; undefined when it is not one of {@link versionOf}. */
export function sizeOfVersion(version: string | undefined): number | undefined {
  const [, size] = /^(\d{1,16})-\d+(?:-\d+)?$/.exec(version ?? '') ?? [];
  return size === undefined ? undefined : Number(size);
}

/** Turns a FILETIME into a date; undefined where it is none. */
export function toDate(fileTime: bigint): Date | undefined {
  const date = new Date(Number(fileTime / 10_000n) - 11_644_473_600_000);
  return fileTime === 0n || Number.isNaN(date.getTime()) ? undefined : date;
}
