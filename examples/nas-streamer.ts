import { NASStreamer } from 'vascusim/io';

// A NAS without a dataset: shares, folders, single files.
await using nas = new NASStreamer({
  sourceUrl: process.env['NAS_HOST'] ?? '192.168.1.100',
  username: process.env['NAS_USERNAME'] ?? 'alice',
  password: process.env['NAS_PASSWORD'] ?? '',
  port: Number(process.env['NAS_PORT'] ?? 5001),
  accessMode: 'api',
  secure: true,
});
// Every call would connect by itself: this only says early what is wrong.
await nas.connect();

const shares = await nas.listShares();
console.log(`shares: ${shares.join(', ')}`);

const files = await nas.listDirectory('simulations/aorta');
for (const { name, size, isDirectory } of files) console.log(isDirectory ? `${name}/` : `${name} ${size}`);

const filePath = await nas.getFile('simulations/aorta/patient_01.vtu'); // on this machine
const metadata = await nas.getMetadata('simulations/aorta/patient_01.vtu'); // patient_01.json
console.log(`${filePath.startsWith('/') ? 'fetched' : '?'}: patient ${metadata['patient_id']}`);

{
  // It stays in the cache until the block ends.
  using held = await nas.openFile('simulations/aorta/patient_01.vtu');
  console.log(`${held.size} bytes`);
}
await nas.disconnect();
