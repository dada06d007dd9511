import { HuggingFaceStreamer } from 'vascusim/io';
import { readMesh } from 'vascusim/mesh';

// A private dataset. Without the option, HF_TOKEN or what `hf auth login` wrote is used.
await using hub = new HuggingFaceStreamer({
  repoId: 'username/private-dataset',
  token: process.env['MY_TOKEN'] ?? '',
  revision: 'main',
});

// At any depth; 'cases/*.vtu' would be one folder.
const files = await hub.listFiles({ pattern: '*.vtu' });
for (const { path, size } of files) console.log(`${path} ${size}`);

const first = files[0]?.path ?? '';
const mesh = await readMesh(await hub.getFile(first), { attributes: ['pressure'] });
const metadata = await hub.getMetadata(first);
console.log(`${first}: ${mesh.points.shape[0]} points, age ${metadata['patient_age']}`);
