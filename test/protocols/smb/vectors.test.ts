import { createSecretKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Cmac } from '../../../src/protocols/smb/cmac.ts';
import { deriveSessionKeys } from '../../../src/protocols/smb/key-derivation.ts';
import { md4 } from '../../../src/protocols/smb/md4.ts';
import { answerChallenge, passwordKey, utf16 } from '../../../src/protocols/smb/ntlm-keys.ts';
import { Dialect } from '../../../src/protocols/smb/protocol.ts';
import { rc4 } from '../../../src/protocols/smb/rc4.ts';
import { CIPHERS, Sealer } from '../../../src/protocols/smb/sealer.ts';
import { Signer } from '../../../src/protocols/smb/signer.ts';
import { fc, test as property } from '../../property.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

describe('MD4 (RFC 1320, A.5)', () => {
  test.each([
    ['', '31d6cfe0d16ae931b73c59d7e0c089c0'],
    ['a', 'bde52cb31de33e46245e05fbdbd6fb24'],
    ['abc', 'a448017aaf21d8525fc10ae87aa6729d'],
    ['message digest', 'd9130a8164549fe818874806e1c7014b'],
    ['abcdefghijklmnopqrstuvwxyz', 'd79e1c308aa5bbcdeea8ed63df412da9'],
    ['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', '043f8582f241db351ce627e153e7f0e4'],
    ['1234567890'.repeat(8), 'e33b4ddc9c38f2199c3e7b164fcc0536'],
  ])('of %j', (text, expected) => {
    expect(md4(Buffer.from(text)).toString('hex')).toBe(expected);
  });
});

describe('RC4 (RFC 6229)', () => {
  test.each([
    ['0102030405', 'b2396305f03dc027ccc3524a0a1118a8'],
    ['0102030405060708', '97ab8a1bf0afb96132f2f67258da15a8'],
    ['0102030405060708090a0b0c0d0e0f10', '9ac7cc9a609d1ef7b2932899cde41b97'],
  ])('the first 16 bytes of key %s', (key, expected) => {
    expect(rc4(hex(key), Buffer.alloc(16)).toString('hex')).toBe(expected);
  });
});

describe('AES-CMAC (RFC 4493, 4)', () => {
  const key = createSecretKey(hex('2b7e151628aed2a6abf7158809cf4f3c'));
  const message = hex(`6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51
    30c81c46a35ce411e5fbc1191a0a52ef f69f2445df4f9b17ad2b417be66c3710`);

  test.each([
    [0, 'bb1d6929e95937287fa37d129b756746'],
    [16, '070a16b46b4d4144f79bdd9dd04a287c'],
    [40, 'dfa66747de9ae63030ca32611497c827'],
    [64, '51f0bebf7e3b9d92fc49741779363cfe'],
  ])('of %i bytes', (length, expected) => {
    expect(new Cmac(key).digest([message.subarray(0, length)]).toString('hex')).toBe(expected);
  });

  property(
    'does not depend on where the message is cut',
    [fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat(200), { maxLength: 4 })],
    (bytes, cuts) => {
      const places = [
        0,
        ...cuts.filter((cut) => cut <= bytes.length).toSorted((a, b) => a - b),
        bytes.length,
      ];
      const parts = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
      expect(new Cmac(key).digest(parts)).toEqual(new Cmac(key).digest([bytes]));
    },
  );
});

describe('NTLMv2 (MS-NLMP 4.2.4)', () => {
  const key = passwordKey('User', 'Domain', 'Password');
  const targetInfo = Buffer.concat([
    hex('02000c00'),
    utf16('Domain'),
    hex('01000c00'),
    utf16('Server'),
    hex('00000000'),
  ]);
  const { response, sessionBaseKey } = answerChallenge(
    key,
    hex('0123456789abcdef'),
    hex('aaaaaaaaaaaaaaaa'),
    Buffer.alloc(8),
    targetInfo,
  );

  test('NTOWFv2', () => {
    expect(key.toString('hex')).toBe('0c868a403bfd7a93a3001ef22ef02e3f');
  });

  test('NTProofStr and what it proves', () => {
    expect(response.subarray(0, 16).toString('hex')).toBe('68cd0ab851e51c96aabc927bebef6a1c');
    expect(response.subarray(16, 44).toString('hex')).toBe(
      '01010000000000000000000000000000aaaaaaaaaaaaaaaa00000000',
    );
  });

  test('the session base key, and the key it wraps', () => {
    expect(sessionBaseKey.toString('hex')).toBe('8de40ccadbc14a82f15cb0ad0de95ca3');
    const wrapped = rc4(sessionBaseKey, Buffer.alloc(16, 0x55));
    expect(wrapped.toString('hex')).toBe('c5dad2544fc9799094ce1ce90bc9d03e');
  });

  test('a character whose upper case is longer stays as it is', () => {
    expect(passwordKey('ß', '', 'x')).not.toEqual(passwordKey('ss', '', 'x'));
    expect(passwordKey('ä', '', 'x')).toEqual(passwordKey('Ä', '', 'x'));
  });
});

describe("session keys (Microsoft's examples to MS-SMB2 3.1.4.2)", () => {
  const transcript = hex(`0DD13628CC3ED218EF9DF9772D436D0887AB9814BFAE63A80AA845F36909DB79
    28622DDDAD522D9751640A459762C5A9D6BB084CBB3CE6BDADEF5D5BCE3C6C01`);

  test('of dialect 3.0', () => {
    const keys = deriveSessionKeys(
      Dialect.v300,
      hex('7CD451825D0450D235424E44BA6E78CC'),
      Buffer.alloc(64),
      128,
    );
    expect(keys).toEqual({
      signing: hex('0B7E9C5CAC36C0F6EA9AB275298CEDCE'),
      sealing: hex('FAD27796665B313EBB578F388632B4F7'),
      opening: hex('B0F0427F7CEB416D1D9DCC0CD4F99447'),
    });
  });

  test('of dialect 3.1.1', () => {
    const keys = deriveSessionKeys(Dialect.v311, hex('270E1BA896585EEB7AF3472D3B4C75A7'), transcript, 128);
    expect(keys).toEqual({
      signing: hex('73FE7A9A77BEF0BDE49C650D8CCB5F76'),
      sealing: hex('629BCBC54422A0F572B97F45989B6073'),
      opening: hex('E2AF0DCEFAC68DA71A0DFBD0D1350D74'),
    });
  });

  test('256 bits for the ciphers that have them', () => {
    const keys = deriveSessionKeys(Dialect.v311, Buffer.alloc(16, 1), transcript, 256);
    expect([keys.signing.length, keys.sealing.length, keys.opening.length]).toEqual([16, 32, 32]);
  });

  test('the signature of the answer to SESSION_SETUP', () => {
    const answer = hex(`FE534D4240000100000000000100800009000000000000000300000000000000FFFE000000000000
      1900000000100000EBE146DA120BA25FC3376A49DFE31BC10900000048001D00A11B3019A0030A01
      00A3120410010000003B453CDC3524164200000000`);
    const signer = new Signer(1, hex('73FE7A9A77BEF0BDE49C650D8CCB5F76'));
    expect(signer.verify(Buffer.from(answer))).toBe(true);
    answer[70] = 1;
    expect(signer.verify(Buffer.from(answer))).toBe(false);
  });
});

describe('signatures', () => {
  property(
    'cover header and payload wherever they lie, and each bit of them',
    [fc.constantFrom(0, 1, 2), fc.uint8Array({ minLength: 64, maxLength: 200 }), fc.nat(), fc.nat(7)],
    (algorithm, bytes, place, bit) => {
      const signer = new Signer(algorithm, Buffer.alloc(16, 7));
      const message = Buffer.from(bytes);
      message[12] = 8; // READ: the nonce says nothing of cancelling
      message[13] = 0;
      const own = Buffer.from(message);
      signer.sign(own);
      // The client's signature is not one of the server where the nonce says who signs.
      expect(signer.verify(Buffer.from(own))).toBe(algorithm !== 2);
      if (algorithm === 2) return;
      expect(signer.verify(own.subarray(0, 64), own.subarray(64))).toBe(true);
      const changed = Buffer.from(own);
      signer.sign(changed);
      const at = place % changed.length;
      changed[at] = (changed[at] as number) ^ (1 << bit);
      expect(signer.verify(changed)).toBe(false);
    },
  );
});

describe('encryption', () => {
  property(
    'what one side seals the other opens, and nothing that was changed',
    [
      fc.constantFrom(...CIPHERS.values()),
      fc.uint8Array({ minLength: 1, maxLength: 300 }),
      fc.nat(),
      fc.nat(7),
    ],
    (suite, bytes, place, bit) => {
      const key = (fill: number): Buffer => Buffer.alloc(suite.keyBits / 8, fill);
      const client = new Sealer(suite, key(1), key(2), 77n);
      const server = new Sealer(suite, key(2), key(1), 77n);
      const frame = Buffer.concat(client.seal(Buffer.from(bytes)));
      expect(server.open(Buffer.from(frame), 80, () => undefined).message).toEqual(Buffer.from(bytes));
      if (bytes.length > 80) {
        const sink = new Uint8Array(bytes.length - 80);
        const { message } = server.open(Buffer.from(frame), 80, () => sink);
        expect(Buffer.concat([message, sink])).toEqual(Buffer.from(bytes));
      }
      // The identifier, and the part of the nonce that GCM and CCM leave out, are not covered by the tag's nonce.
      const at = 4 + (place % (frame.length - 4));
      frame[at] = (frame[at] as number) ^ (1 << bit);
      expect(() => server.open(frame, 80, () => undefined)).toThrow(/encrypted/);
    },
  );

  test('no nonce comes twice', () => {
    const sealer = new Sealer(
      CIPHERS.get(2) as NonNullable<ReturnType<typeof CIPHERS.get>>,
      Buffer.alloc(16),
      Buffer.alloc(16),
      1n,
    );
    const nonces = Array.from({ length: 100 }, () =>
      sealer.seal(Buffer.from('x'))[0]?.toString('hex', 20, 36),
    );
    expect(new Set(nonces).size).toBe(100);
  });
});
