/** Signs before values of {@link PackedRows} that say their kind. */
export const VALUE_CODES = {
  null: 0,
  false: 1,
  true: 2,
  /** A byte. */
  byte: 3,
  /** A whole number of 32 bits with its sign. */
  integer: 4,
  double: 5,
  /** Number of a text that several values have. */
  shared: 6,
  /** Length, and that many bytes of ASCII. */
  ascii: 7,
  /** Length in code units, and these. */
  utf16: 8,
  /** Length, and that many values. */
  array: 9,
  /** Number of a shape, and its values. */
  shaped: 10,
  /** Length, and that many pairs of a name and a value. */
  object: 11,
  /** JSON text of an object that is nested deeply. */
  json: 12,
} as const;
