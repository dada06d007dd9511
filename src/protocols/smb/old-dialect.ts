import type { Dial, Endpoint, Transport } from './transport.ts';

/** Beginning of the messages of SMB 1 (MS-CIFS 2.2.3.1). */
const SMB1_ID = Buffer.from('\xffSMB', 'latin1');
/** Longest wait for the answer, milliseconds. */
const MAX_ANSWER_MS = 3_000;
const HEADER_BYTES = 32;
const PREFIX_BYTES = 4;
/** Number by which a server says that none of the dialects is spoken. */
const NO_DIALECT = 0xffff;

/** Tells whether a frame is one of SMB 1. */
export function isSmb1(frame: Uint8Array): boolean {
  return SMB1_ID.equals(frame.subarray(0, SMB1_ID.length));
}

/**
 * Asks whether a server agrees to the last dialect of SMB 1, over a connection of its own where it has ended another
 * one at the first word of SMB 2, as servers do that know none. Never rejects but with the reason of an abort.
 */
export async function speaksSmb1(endpoint: Endpoint, dial: Dial, signal: AbortSignal): Promise<boolean> {
  let transport: Transport | undefined;
  const buffer = Buffer.alloc(1024);
  let answer = Buffer.alloc(0);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(MAX_ANSWER_MS)]);
  try {
    await new Promise<void>((resolve) => {
      limit.addEventListener('abort', () => resolve(), { once: true });
      const handler = {
        nextBuffer: () => buffer,
        received: (bytes: Uint8Array, length: number) => {
          answer = Buffer.concat([answer, bytes.subarray(0, length)]);
          if (answer.length >= PREFIX_BYTES + HEADER_BYTES + 3) resolve();
        },
        closed: () => resolve(),
      };
      dial(endpoint, handler, limit).then(
        (opened) => {
          transport = opened;
          opened.write(NEGOTIATE);
        },
        () => resolve(),
      );
    });
  } finally {
    transport?.destroy();
  }
  signal.throwIfAborted();
  const at = PREFIX_BYTES + HEADER_BYTES;
  if (answer.length < at + 3 || !isSmb1(answer.subarray(PREFIX_BYTES))) return false;
  return (answer[at] ?? 0) > 0 && answer.readUInt16LE(at + 1) !== NO_DIALECT;
}

/** Message NEGOTIATE with one dialect (MS-CIFS 2.2.4.52), its length before it. */
const NEGOTIATE = encodeNegotiate('NT LM 0.12');

function encodeNegotiate(dialect: string): Buffer {
  const name = Buffer.from(`\x02${dialect}\0`, 'latin1');
  const message = Buffer.alloc(PREFIX_BYTES + HEADER_BYTES + 3 + name.length);
  message.writeUInt32BE(message.length - PREFIX_BYTES, 0);
  SMB1_ID.copy(message, PREFIX_BYTES);
  message[PREFIX_BYTES + 4] = 0x72; // NEGOTIATE
  message[PREFIX_BYTES + 9] = 0x18; // paths are canonical and without case
  message.writeUInt16LE(0xc801, PREFIX_BYTES + 10); // Unicode, NTSTATUS, extended security, long names
  message.writeUInt16LE(name.length, PREFIX_BYTES + HEADER_BYTES + 1);
  name.copy(message, PREFIX_BYTES + HEADER_BYTES + 3);
  return message;
}
