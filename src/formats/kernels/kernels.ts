export { decodeBase64, stripWhitespace } from './base64.ts';
export { parseFloats, parseIntegers } from './decimal.ts';
export { decodeLz4Block } from './lz4.ts';
export { decodeXz } from './xz.ts';
export { decodeZlib } from './zlib.ts';
