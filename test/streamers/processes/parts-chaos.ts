/* Reads parts of files by chance until its input ends, and tells of each: parts-chaos.ts CACHE_DIR MAX_SIZE SEED. */
import { isVascuError, NetworkError } from '../../../src/core/errors.ts';
import { FileGroup } from '../../../src/files/file-group.ts';
import { partsRequest } from '../../../src/mesh/read-mesh.ts';
import { DataStreamer } from '../../../src/streamers/data-streamer.ts';
import { vtkXmlReader } from '../../formats/vtk-xml-reader.ts';
import { memoryFile } from '../../memory-file.ts';
import { MemorySource } from '../memory-source.ts';
import { bitsOf, partsContent, TWELVE_FIELDS } from '../result-file.ts';

const [cacheDir = '', maxSize, seed] = process.argv.slice(2);
const PATHS = ['a.vtu', 'b.vtu', 'c.vtu', 'd.vtu', 'e.vtu'];
const NAMES = TWELVE_FIELDS.map(({ name }) => name);
const source = new MemorySource();
const contents = new Map<string, Uint8Array>();
for (const path of PATHS) {
  const content = await partsContent(path);
  contents.set(path, content);
  source.put(path, content);
}
let state = Number(seed);
const random = (): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};
source.onOpen = async () => {
  await new Promise((resolve) => setTimeout(resolve, 3 * random()));
  if (random() < 0.05) throw new NetworkError('no route');
};
const streamer = new DataStreamer(source, {
  cacheDir,
  maxCacheSize: Number(maxSize),
  retryDelayMs: 1,
  tries: 2,
});
const owner = await source.stat('a.vtu');
let isOver = false;
process.stdin.on('data', () => {
  isOver = true;
});
process.stdin.on('end', () => {
  isOver = true;
});

function tell(kind: 'done' | 'bad', detail = ''): void {
  process.stdout.write(`${JSON.stringify({ kind, detail })}\n`);
}

async function readOne(): Promise<void> {
  const path = PATHS[Math.floor(random() * PATHS.length)] as string;
  const attributes = NAMES.filter(() => random() < (random() < 0.1 ? 1 : 0.2));
  const sameMeshAs = path === 'c.vtu' && random() < 0.7 ? owner : undefined;
  const stop = new AbortController();
  if (random() < 0.1) setTimeout(() => stop.abort(new Error('not needed')), 10 * random());
  const what = `${path} ${attributes.join(',')} ${sameMeshAs === undefined ? 'alone' : 'shared'}`;
  try {
    const request = partsRequest(path, { attributes, mode: 'partial', sameMeshAs });
    if (request === undefined || random() < 0.1) {
      (await streamer.openFile(path, { signal: stop.signal })).release({ remove: random() < 0.5 });
    } else {
      const held = await streamer.openParts(path, { ...request, signal: stop.signal });
      const files = new FileGroup(path, () => undefined);
      try {
        const mesh = bitsOf(await vtkXmlReader.read(await files.open(held.place), { attributes }));
        const content = contents.get(path) as Uint8Array;
        const expected = bitsOf(await vtkXmlReader.read(memoryFile(content), { attributes }));
        for (const [name, bits] of expected) {
          if (mesh.get(name)?.equals(bits) !== true) tell('bad', `${what}: ${name} is wrong`);
        }
      } finally {
        await files.close();
        held.release({ remove: random() < 0.2 });
      }
    }
    tell('done');
  } catch (error) {
    if (error === stop.signal.reason || isVascuError(error, 'NETWORK')) tell('done');
    else tell('bad', `${what}: ${String(error)}`);
  }
}

async function lane(): Promise<void> {
  while (!isOver) {
    await readOne();
    if (random() < 0.02) await streamer.cleanup(random() < 0.5 ? 'all' : 'lru');
  }
}

await Promise.all([lane(), lane()]);
await streamer.close();
process.stdin.destroy();
