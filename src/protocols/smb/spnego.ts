import { malformed, ReplyReader } from './reply-reader.ts';

const SPNEGO_OID = Buffer.from('06062b0601050502', 'hex');
const NTLM_OID = Buffer.from('060a2b06010401823702020a', 'hex');
const Tag = {
  octets: 0x04,
  sequence: 0x30,
  application: 0x60,
  context0: 0xa0,
  context1: 0xa1,
  context2: 0xa2,
  context3: 0xa3,
} as const;

/** The list of mechanisms that is offered, NTLM alone; its integrity code goes into the last token. */
export const MECHANISMS: Buffer = encode(Tag.sequence, NTLM_OID);

/** Makes the first token: the offer and NTLM's first message (RFC 4178 4.2.1). */
export function wrapFirst(ntlm: Buffer): Buffer {
  const offer = encode(
    Tag.sequence,
    encode(Tag.context0, MECHANISMS),
    encode(Tag.context2, encode(Tag.octets, ntlm)),
  );
  return encode(Tag.application, SPNEGO_OID, encode(Tag.context0, offer));
}

/** Makes a later token (RFC 4178 4.2.2). @param mechanismsCode - integrity code over {@link MECHANISMS} */
export function wrapNext(ntlm: Buffer, mechanismsCode: Buffer): Buffer {
  const token = encode(Tag.context2, encode(Tag.octets, ntlm));
  const code = encode(Tag.context3, encode(Tag.octets, mechanismsCode));
  return encode(Tag.context1, encode(Tag.sequence, token, code));
}

/**
 * Takes NTLM's message out of the server's token; some servers send it bare.
 *
 * @throws NetworkError when there is none
 */
export function unwrap(token: Buffer): Buffer {
  if (token.toString('latin1', 0, 7) === 'NTLMSSP') return token;
  const answer = field(new ReplyReader(token, 'a login token'), Tag.context1);
  const sequence = answer && field(answer, Tag.sequence);
  const wrapped = sequence && field(sequence, Tag.context2);
  const content = wrapped && field(wrapped, Tag.octets);
  if (content === undefined) throw malformed('a login token without an NTLM message');
  return content.bytes;
}

/** Finds the content of the first element with this tag, among the elements that `reader` holds one after another. */
function field(reader: ReplyReader, tag: number): ReplyReader | undefined {
  let at = 0;
  while (at < reader.length) {
    const found = reader.u8(at++);
    let length = reader.u8(at++);
    if (length >= 0x80) {
      const digits = length & 0x7f;
      if (digits > 3) throw malformed('a login token with a length of more than 3 bytes');
      length = 0;
      for (let digit = 0; digit < digits; digit++) length = length * 256 + reader.u8(at++);
    }
    const content = reader.slice(at, length);
    if (found === tag) return new ReplyReader(content, 'a login token');
    at += length;
  }
  return undefined;
}

function encode(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const { length } = body;
  const digits =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...digits]), body]);
}
