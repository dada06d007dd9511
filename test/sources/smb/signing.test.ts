import { testSetUps } from './set-ups.ts';

const CMAC = 'server smb3 signing algorithms = AES-128-CMAC';
const HMAC = 'server smb3 signing algorithms = HMAC-SHA256';
const MANDATORY = 'server signing = mandatory';

testSetUps('SMB, signed', [
  { name: 'default', expected: { dialect: '3.1.1', signing: 'AES-128-GMAC', cipher: undefined } },
  {
    name: 'default, unsigned',
    client: { signing: 'if-required' },
    expected: { dialect: '3.1.1', signing: undefined, cipher: undefined },
  },
  {
    name: 'mandatory, GMAC',
    global: [MANDATORY],
    client: { signing: 'if-required' },
    expected: { dialect: '3.1.1', signing: 'AES-128-GMAC' },
  },
  { name: 'mandatory, CMAC', global: [MANDATORY, CMAC], expected: { signing: 'AES-128-CMAC' } },
  { name: 'mandatory, HMAC', global: [MANDATORY, HMAC], expected: { signing: 'HMAC-SHA256' } },
  {
    name: 'nothing below 3.1.1',
    global: ['server min protocol = SMB3_11'],
    expected: { dialect: '3.1.1' },
  },
  {
    name: '3.0, mandatory',
    global: ['server max protocol = SMB3_00', MANDATORY],
    expected: { dialect: '3.0', signing: 'AES-128-CMAC' },
  },
  {
    name: '2.1',
    global: ['server max protocol = SMB2_10'],
    expected: { dialect: '2.1', signing: 'HMAC-SHA256', availableCipher: undefined },
  },
  {
    name: '2.0.2',
    global: ['server max protocol = SMB2_02'],
    expected: { dialect: '2.0.2', signing: 'HMAC-SHA256', maxReadBytes: 65_536 },
  },
]);
