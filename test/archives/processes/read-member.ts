import { createHash } from 'node:crypto';
import { openStreamer } from '../../../src/io.ts';

/* Reads a member of an archive from a place to its end, and prints its digest: node read-member.ts URL MEMBER START CACHE */
const [sourceUrl = '', member = '', start = '0', cacheDir = ''] = process.argv.slice(2);
const { streamer } = openStreamer({ sourceUrl, cacheDir });
const { size: end } = await streamer.source.stat(member);
const { body } = await streamer.source.open(member, { range: { start: Number(start), end } });
const hash = createHash('sha256');
for await (const chunk of body) hash.update(chunk);
process.stdout.write(hash.digest('hex'));
await streamer.close();
