/** Words for errors about arrays whose number of values follows from a count in the header. */
export const ASKER = 'the header asks for';

/** Number of values of an array that are wanted. */
export interface WantedValues {
  /** Number of wanted values, the first ones. @defaultValue as many as the data hold */
  readonly expected?: number | undefined;
  /** Words for errors that say where the number is from. @defaultValue {@link ASKER} */
  readonly asker?: string | undefined;
}

/** Number of integers of an array that are wanted, and how they are given. */
export interface WantedIntegers extends WantedValues {
  /** Zeros to put in front of the values. @defaultValue 0 */
  readonly lead?: number | undefined;
}

/** Arrays over points and cells that are read. */
export interface ArraySelection {
  /** Names of the arrays; undefined for all. */
  readonly names: ReadonlySet<string> | undefined;
  /** True when string arrays are read. */
  readonly strings: boolean;
  /** True when arrays over points are read. */
  readonly pointArrays: boolean;
}
