/** Type of the numbers of an array as a file stores them, by VTK's names. */
export type NumericType =
  | 'Int8'
  | 'UInt8'
  | 'Int16'
  | 'UInt16'
  | 'Int32'
  | 'UInt32'
  | 'Int64'
  | 'UInt64'
  | 'Float32'
  | 'Float64';

/** Type of an array that is read: numbers, bits (0 or 1, packed where binary), or strings. */
export type ArrayType = NumericType | 'Bit' | 'String';
