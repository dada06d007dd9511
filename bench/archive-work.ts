import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { ReadMeshOptions } from 'vascusim/mesh';

/*
 * One piece of work on an archive, in a process of its own: node bench/archive-work.ts PROGRAM WORK ADDRESS [MEMBER] [FIELD]
 *
 * PROGRAM is ours, zip.js or unzipit; WORK list, read, slow (a reader that takes 1 ms a chunk), field or places. Ours keeps
 * in VASCUSIM_CACHE_DIR. Prints JSON: milliseconds, peak memory and the longest time that the event loop was held.
 */
const [program = '', work = '', address = '', member = '', field = ''] = process.argv.slice(2);
const PLACES = 40;
const PLACE_BYTES = 65_536;

async function ours(): Promise<object> {
  const { openStreamer } = await import('vascusim/io');
  const { streamer } = openStreamer({ sourceUrl: address, ...(work === 'folder' ? { archives: true } : {}) });
  await streamer.capacity();
  const start = performance.now();
  try {
    if (work === 'list' || work === 'folder') return { members: (await streamer.listFiles()).length };
    if (work === 'field') {
      const { readMeshFrom } = await import('vascusim/mesh');
      const options: ReadMeshOptions & { mode: 'partial' } = { attributes: [field], mode: 'partial' };
      const mesh = await readMeshFrom(streamer, member, options);
      return {
        points: mesh.points.shape[0],
        kept: streamer.stats().bytesDownloaded,
        ...streamer.stats().archives,
      };
    }
    const { source } = streamer;
    const { size } = await source.stat(member);
    if (work === 'places') {
      const times: number[] = [];
      let seed = 7;
      for (let place = 0; place < PLACES; place++) {
        seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
        const at = Math.floor((seed / 2 ** 32) * (size - PLACE_BYTES));
        const begin = performance.now();
        const { body } = await source.open(member, { range: { start: at, end: at + PLACE_BYTES } });
        for await (const _ of body);
        times.push(performance.now() - begin);
      }
      times.sort((a, b) => a - b);
      return { medianMs: times[PLACES / 2], p95Ms: times[Math.floor(PLACES * 0.95)] };
    }
    const { body } = await source.open(member);
    let bytes = 0;
    for await (const chunk of body) {
      bytes += chunk.length;
      if (work === 'slow') await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return { megabytes: bytes / 1e6 };
  } finally {
    times.ms = performance.now() - start;
    await streamer.close();
  }
}

async function zipJs(): Promise<object> {
  const { HttpRangeReader, ZipReader, configure } = await import('@zip.js/zip.js');
  configure({ useWebWorkers: false });
  const start = performance.now();
  const reader = new ZipReader(new HttpRangeReader(address), {
    checkSignature: true,
  });
  const entries = await reader.getEntries();
  let bytes = 0;
  if (work === 'read') {
    const entry = entries.find(({ filename }) => filename === member);
    const count = new WritableStream<Uint8Array>({ write: (chunk) => void (bytes += chunk.length) });
    if (entry !== undefined && 'getData' in entry) await entry.getData?.(count);
  }
  times.ms = performance.now() - start;
  return { members: entries.length, megabytes: bytes / 1e6 };
}

async function unzipit(): Promise<object> {
  const { HTTPRangeReader, unzip } = await import('unzipit');
  const start = performance.now();
  const { entries } = await unzip(new HTTPRangeReader(address));
  const bytes = work === 'read' ? ((await entries[member]?.arrayBuffer())?.byteLength ?? 0) : 0;
  times.ms = performance.now() - start;
  return { members: Object.keys(entries).length, megabytes: bytes / 1e6 };
}

const times = { ms: 0 };
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
const result = await { ours, 'zip.js': zipJs, unzipit }[program as 'ours']();
delay.disable();
// Of this process alone: the system's own figure begins with that of whoever started it.
const [, peak] = /VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
const peakMiB = Number(peak) / 1024;
process.stdout.write(`${JSON.stringify({ ...times, peakMiB, heldMs: delay.max / 1e6, ...result })}\n`);
