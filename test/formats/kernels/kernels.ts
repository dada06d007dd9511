export { decodeBase64, stripWhitespace } from '../../../src/formats/kernels/base64.ts';
export { parseFloats, parseIntegers } from '../../../src/formats/kernels/decimal.ts';
export { decodeLz4Blocks } from '../../../src/formats/kernels/lz4.ts';
export { decodeXz } from '../../../src/formats/kernels/xz.ts';
export { decodeZlib } from '../../../src/formats/kernels/zlib.ts';
