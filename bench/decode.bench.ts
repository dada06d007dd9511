import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';

/*
 * Our reader beside VTK's and meshio's, one file of each encoding, each reader in a process of its own:
 *
 *   npm run build && node bench/decode.bench.ts [NODES...] [--encodings raw,ascii] [--graph] [--rounds 3] [--without-meshio]
 *
 * Needs Debian's python3-vtk9 and python3-meshio. Within each round the readers take turns, so that the machine's
 * drift hits all of them. `first` is the first read of a fresh process, the page cache warm; `again` the median of
 * the reads after it, ours with buffers used again, VTK's with what its allocator keeps.
 */
const python = process.env['VASCUSIM_PYTHON'] ?? '/usr/bin/python3';
const folder = join(tmpdir(), 'vascusim-bench-meshes');
const allEncodings =
  'raw raw-int32 inline-base64 appended-base64 raw-zlib base64-zlib raw-lz4 raw-lzma ascii'.split(' ');

interface Timing {
  readonly times: readonly number[];
  readonly peakMiB: number;
  readonly points: number;
}

function option(name: string): string | undefined {
  const index = process.argv.indexOf(`--${name}`);
  return index < 0 ? undefined : process.argv[index + 1];
}

function run(command: string, ...args: readonly string[]): Timing | undefined {
  const timing = JSON.parse(execFileSync(command, args, { encoding: 'utf8' })) as Partial<Timing>;
  return timing.times === undefined ? undefined : (timing as Timing);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

const graph = process.argv.includes('--graph');
const withoutMeshio = process.argv.includes('--without-meshio');
const rounds = Number(option('rounds') ?? 3);
const encodings = option('encodings')?.split(',') ?? allEncodings;
const sizes = process.argv
  .slice(2)
  .filter((argument, index, all) => /^\d+$/.test(argument) && all[index - 1] !== '--rounds');

process.stdout.write(
  `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.version}\n` +
    `${graph ? 'decode and edges; VTK: reader and vtkExtractEdges' : 'decode only'}; ms, ratios to VTK\n\n` +
    '| nodes | encoding | VTK first | VTK again | ours first | ours again | first | again | meshio / ours | MiB ours : VTK |\n' +
    '|---|---|---|---|---|---|---|---|---|---|\n',
);
for (const nodes of sizes.length > 0 ? sizes : ['5000', '100000', '1000000']) {
  execFileSync(python, ['bench/make_meshes.py', folder, nodes, ...encodings], { stdio: 'inherit' });
  for (const encoding of encodings) {
    const file = join(folder, `${nodes}-${encoding}.vtu`);
    const results: Record<'ours' | 'vtk' | 'meshio', Timing[]> = { ours: [], vtk: [], meshio: [] };
    const repeats = String(Number(nodes) > 500_000 ? 3 : 8);
    for (let round = 0; round < rounds; round++) {
      const ours = run(process.execPath, 'bench/our-read.mjs', file, repeats, ...(graph ? ['graph'] : []));
      const vtk = run(python, 'bench/vtk_read.py', file, repeats, ...(graph ? ['edges'] : []));
      const meshio =
        graph || round > 0 || withoutMeshio ? undefined : run(python, 'bench/meshio_read.py', file, '1');
      if (ours !== undefined) results.ours.push(ours);
      if (vtk !== undefined) results.vtk.push(vtk);
      if (meshio !== undefined) results.meshio.push(meshio);
      if (ours?.points !== vtk?.points)
        throw new Error(`${file}: ${ours?.points} points, VTK has ${vtk?.points}`);
    }
    const first = (timings: readonly Timing[]): number =>
      median(timings.map(({ times }) => times[0] as number));
    const again = (timings: readonly Timing[]): number =>
      median(timings.flatMap(({ times }) => times.slice(1)));
    const peak = (timings: readonly Timing[]): number =>
      Math.round(median(timings.map(({ peakMiB }) => peakMiB)));
    const { ours, vtk, meshio } = results;
    const cells = [
      nodes,
      encoding,
      ...[first(vtk), again(vtk), first(ours), again(ours)].map((ms) => ms.toFixed(ms < 100 ? 1 : 0)),
      (first(ours) / first(vtk)).toFixed(2),
      (again(ours) / again(vtk)).toFixed(2),
      meshio.length === 0 ? '–' : (first(meshio) / first(ours)).toFixed(1),
      `${peak(ours)} : ${peak(vtk)}`,
    ];
    process.stdout.write(`| ${cells.join(' | ')} |\n`);
  }
}
