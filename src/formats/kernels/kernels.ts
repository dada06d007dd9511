export { type Base64Result, decodeBase64, stripWhitespace } from './base64.ts';
export { type DecimalResult, parseFloats, parseIntegers } from './decimal.ts';
export { decodeLz4Block } from './lz4.ts';
export { decodeXz } from './xz.ts';
