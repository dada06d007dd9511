import type { Outgoing, Reply, ReplyHeader } from './message.ts';
import { Command, READ_HEAD_BYTES } from './protocol.ts';
import { malformed, ReplyReader } from './reply-reader.ts';
import { Status } from './status.ts';

/** Splits off the payload of an answer to a READ, in the sink or in memory of its own, and the message without it. */
export function splitPayload(
  header: ReplyHeader,
  message: Buffer,
  placed: Uint8Array | undefined,
  { sink, allocate, payloadBytes = 0 }: Outgoing,
): Pick<Reply, 'message' | 'payload'> {
  const isRead = header.command === Command.read && header.status === Status.success;
  const kept = isRead ? message.subarray(0, READ_HEAD_BYTES) : message;
  const copy = new ReplyReader(Buffer.from(kept), 'an answer');
  if (!isRead) return { message: copy, payload: undefined };
  if (placed !== undefined) return { message: copy, payload: placed };
  const reader = new ReplyReader(message, 'an answer to READ');
  const payload = reader.slice(reader.u8(66), reader.u32(68));
  if (payload.length > payloadBytes) throw malformed('more bytes than were asked for');
  const target = sink ?? allocate?.(payload.length) ?? new Uint8Array(payload.length);
  target.set(payload);
  return { message: copy, payload: target.subarray(0, payload.length) };
}
