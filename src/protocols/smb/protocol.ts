/** Commands of SMB 2 and 3 that a reader needs (MS-SMB2 2.2.1.2). */
export const Command = {
  negotiate: 0,
  sessionSetup: 1,
  logoff: 2,
  treeConnect: 3,
  create: 5,
  close: 6,
  read: 8,
  ioctl: 11,
  cancel: 12,
  echo: 13,
  queryDirectory: 14,
} as const;

/** Flags of a message header (MS-SMB2 2.2.1.2). */
export const HeaderFlag = { response: 1, async: 2, related: 4, signed: 8 } as const;

/** Dialect revisions (MS-SMB2 2.2.3). */
export const Dialect = { v202: 0x0202, v210: 0x0210, v300: 0x0300, v302: 0x0302, v311: 0x0311 } as const;

/** Dialects in the order in which they are offered. */
export const DIALECTS: readonly number[] = Object.values(Dialect);

/** Length of a message header. */
export const HEADER_BYTES = 64;

/** Length of a READ answer before its payload, bytes. */
export const READ_HEAD_BYTES = 80;

/** Payload that one credit pays for, bytes (MS-SMB2 3.2.4.1.5). */
export const CREDIT_BYTES = 65_536;

/** Most bytes that are asked for in one message. */
export const MAX_PAYLOAD_BYTES: number = 1024 ** 2;

/** First bytes of a message: `0xFE 'SMB'`, read little-endian. */
export const MESSAGE_ID = 0x424d53fe;

/** First bytes of a message of SMB 1: `0xFF 'SMB'`, read little-endian. */
export const SMB1_ID = 0x424d53ff;

/** First bytes of an encrypted message: `0xFD 'SMB'`, read little-endian. */
export const TRANSFORM_ID = 0x424d53fd;

/** The message id of what a server says unasked. */
export const UNSOLICITED_ID = 0xffffffffffffffffn;

/** Writes a dialect as people do, such as `3.1.1`. */
export function dialectName(dialect: number): string {
  return dialect.toString(16).padStart(4, '0').replace(/^0/, '').split('').join('.').replace(/\.0$/, '');
}
