import { testSetUps } from './set-ups.ts';

const REQUIRED = 'server smb encrypt = required';
const only = (cipher: string): string => `server smb3 encryption algorithms = ${cipher}`;

testSetUps('SMB, encrypted or short of credits', [
  {
    name: 'required, AES-128-GCM',
    global: [REQUIRED],
    expected: { dialect: '3.1.1', cipher: 'AES-128-GCM' },
  },
  {
    name: 'required, AES-128-CCM',
    global: [REQUIRED, only('AES-128-CCM')],
    expected: { cipher: 'AES-128-CCM' },
  },
  {
    name: 'required, AES-256-GCM',
    global: [REQUIRED, only('AES-256-GCM')],
    expected: { cipher: 'AES-256-GCM' },
  },
  {
    name: 'required, AES-256-CCM',
    global: [REQUIRED, only('AES-256-CCM')],
    expected: { cipher: 'AES-256-CCM' },
  },
  {
    name: 'required by the client',
    client: { requireEncryption: true },
    expected: { cipher: 'AES-128-GCM' },
  },
  {
    name: '3.0, required',
    global: ['server max protocol = SMB3_00', REQUIRED],
    expected: { dialect: '3.0', cipher: 'AES-128-CCM' },
  },
  {
    name: 'required for the share',
    share: ['smb encrypt = required'],
    expected: { signing: 'AES-128-GMAC', cipher: undefined, availableCipher: 'AES-128-GCM' },
  },
  { name: '8 credits', global: ['smb2 max credits = 8'], expected: { dialect: '3.1.1' } },
  { name: '64 credits', global: ['smb2 max credits = 64'], expected: { dialect: '3.1.1' } },
]);
