import { NASStreamer } from 'vascusim/io';

// Checking connection status: what works, what does not, and what to do about it.
await using nas = new NASStreamer({
  sourceUrl: process.env['NAS_HOST'] ?? '192.168.1.100',
  username: process.env['NAS_USERNAME'] ?? 'alice',
  password: process.env['NAS_PASSWORD'] ?? '',
  port: Number(process.env['NAS_PORT'] ?? 5001),
  secure: true,
});

const report = await nas.checkConnection({ path: 'simulations/aorta' });
for (const { name, ok, found, remedy } of report.steps) {
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${name}: ${found}`);
  if (remedy !== undefined) console.log(`     ${remedy}`);
}
console.log(report.ok ? 'The NAS can be used.' : 'The NAS cannot be used yet.');
