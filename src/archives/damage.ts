import { IntegrityError } from '../core/errors.ts';

/** Makes the error of a member whose bytes are not those of its checksum. */
export function wrongChecksum(path: string, expected: number, actual: number): IntegrityError {
  const hex = (crc: number): string => crc.toString(16).padStart(8, '0');
  return new IntegrityError(
    `${path} has the CRC-32 ${hex(actual)} where its archive says ${hex(expected)}: the archive is damaged, or other bytes came.`,
    hex(expected),
    hex(actual),
  );
}

/** Makes the error of a member that does not unpack to as many bytes as was announced. */
export function wrongSize(path: string, expected: number, actual: string): IntegrityError {
  return new IntegrityError(
    `${path} unpacks to ${actual} bytes where its archive says ${expected}: the archive is damaged.`,
    String(expected),
    actual,
  );
}
