/** Words for errors about arrays whose number of values follows from a count in the header. */
export const ASKER = 'the header asks for';

/** How many values of an array are wanted. */
export interface WantedValues {
  /** So many, the first ones. @defaultValue as many as the data hold */
  readonly expected?: number | undefined;
  /** Words for errors that say where the number is from. @defaultValue {@link ASKER} */
  readonly asker?: string | undefined;
}

/** How many integers of an array are wanted, and how they are given. */
export interface WantedIntegers extends WantedValues {
  /** Zeros to put in front of the values. @defaultValue 0 */
  readonly lead?: number | undefined;
}
