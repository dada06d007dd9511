import { expect, test } from 'vitest';
import { encodeKey } from '../../../src/sources/s3/key-text.ts';
import { signRequest } from '../../../src/sources/s3/signature.ts';

/** Keys and time of the examples of AWS's documentation of Signature Version 4. */
const KEYS = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const SCOPE = { region: 'us-east-1', time: new Date('2013-05-24T00:00:00Z') };

function signatureFor(url: string): string | undefined {
  const headers = signRequest({ url: new URL(url), headers: {} }, KEYS, SCOPE);
  return headers['authorization']?.split('Signature=')[1];
}

test.each([
  ['?lifecycle=', 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543'],
  ['?max-keys=2&prefix=J', '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7'],
])('%s is signed as in the examples of AWS', (query, signature) => {
  expect(signatureFor(`https://examplebucket.s3.amazonaws.com/${query}`)).toBe(signature);
});

test('headers of the request that begin with x-amz- and the session token are signed', () => {
  const url = new URL('https://b.s3.amazonaws.com/x');
  const given = { range: 'bytes=0-1', 'x-amz-request-payer': 'requester' };
  const headers = signRequest({ url, headers: given }, { ...KEYS, sessionToken: 'T' }, SCOPE);
  expect(headers).toMatchObject({ ...given, 'x-amz-security-token': 'T', 'x-amz-date': '20130524T000000Z' });
  expect(headers['authorization']).toContain(
    'SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-request-payer;x-amz-security-token,',
  );
});

test('a key is coded once, with nothing left that a signature codes', () => {
  expect(encodeKey("a b/é+%/!'()*~-_.")).toBe('a%20b/%C3%A9%2B%25/%21%27%28%29%2A~-_.');
});
