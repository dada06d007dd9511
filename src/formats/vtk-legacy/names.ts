const PERCENT_BYTE = 0x25;

/** Decodes the percent coding of names and strings: `%20` is a space; a `%` that two hex digits do not follow stays. */
export function decodePercent(bytes: Uint8Array): string {
  if (!bytes.includes(PERCENT_BYTE)) return decodeText(bytes);
  const decoded = new Uint8Array(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    const code = byte === PERCENT_BYTE ? 16 * hexValue(bytes[at + 1]) + hexValue(bytes[at + 2]) : Number.NaN;
    if (Number.isNaN(code)) decoded[length++] = byte;
    else {
      decoded[length++] = code;
      at += 2;
    }
  }
  return decodeText(decoded.subarray(0, length));
}

/** Decodes UTF-8, and what is none as Windows-1252. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

function hexValue(byte: number | undefined): number {
  if (byte === undefined) return Number.NaN;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : Number.NaN;
}
