import { basename, extname } from 'node:path';
import { Command, Option } from 'commander';
import {
  ConfigError,
  countGhosts,
  describeLeftOutArrays,
  extractSurfaceAsync,
  type GraphOf,
  isTensor,
  type LeftOutArray,
  type Mesh,
  meshToGraphAsync,
  type WriteOptions,
  writeGraph,
  writeMesh,
} from '../../index.ts';
import { LISTED_EXTENSIONS } from '../find-file.ts';
import { describeReading, type GivenMesh, openMeshFiles, requireArrays } from '../given-meshes.ts';
import { expandHome } from '../options/own-path.ts';
import { nameList } from '../options/parse-option.ts';
import { addSourceOptions } from '../options/source-options.ts';
import { formatCount, formatDuration, formatPlural } from '../terminal/format-number.ts';
import { Activity, print, printText, warn } from '../terminal/output.ts';
import { UsageError } from '../usage-error.ts';
import { checkOutput, exists, makeFolderOf, writeWhole } from '../write-file.ts';
import {
  addDataSetOptions,
  type ConvertAllFlags,
  refuseDataSetOptions,
  runConvertAll,
} from './convert-all.ts';

interface ConvertFlags extends ConvertAllFlags {
  readonly encoding: NonNullable<WriteOptions['encoding']>;
  readonly graphOf?: GraphOf;
}

/** Makes `vascusim convert`: a mesh file in another form. */
export function convertCommand(signal: AbortSignal): Command {
  const command = new Command('convert')
    .description(
      'write a mesh in another encoding, as its outer surface, or as a graph; or all of a data set',
    )
    .usage('[options] <in> [name] <out>\n       vascusim convert --to <form> [options] <source> <directory>')
    .argument('<in>', `${LISTED_EXTENSIONS} file, the URL of one, or a source`)
    .argument('[name]', 'of the file, or id of the sample, in the source')
    .argument('[out]', '.vtu, .vtp or .safetensors file')
    .addOption(
      new Option(
        '--encoding <name>',
        'raw and base64: data behind the header; inline: base64 between the tags',
      )
        .choices(['raw', 'base64', 'inline', 'ascii'])
        .default('raw'),
    )
    .addOption(
      new Option('--compressor <name>', 'default: zlib, but none for ascii').choices(['zlib', 'none']),
    )
    .option(
      '-a, --attributes <names>',
      'keep only these point and cell arrays, separated by commas',
      nameList,
    )
    .option('-f, --force', 'write over a file that is there')
    .option('--json', 'say what was written as JSON');
  return addSourceOptions(addDataSetOptions(command))
    .addHelpText(
      'after',
      `
An unstructured grid becomes a .vtp by its outer surface, with the data of the surface's points and of the
cells behind its polygons. A .safetensors file holds the graph, pos, edgeIndex, node.NAME, cell.NAME, and the metadata
of the sidecar; beside a .vtu or .vtp the sidecar is written again where there is none yet. Values stay the same, bit by
bit; so do strings, names of components and active arrays (Scalars, Vectors, …). What cannot be kept is named on standard
error. Of a file on another machine only the arrays named are fetched.

With --to all samples of a source are converted into a directory, under their ids, with metadata.jsonl and a manifest
(vascusim-manifest.jsonl). What is done is not done again; when it ends early the same command goes on. Tasks of an array,
or several machines, each convert a share: --shard auto, --shard 2/8. One sample that fails does not stop the others.

Examples:
  vascusim convert case_1.vtu small.vtu -a pressure
  vascusim convert case_1.vtu wall.vtp --encoding base64
  vascusim convert case_1.pvtu case_1.safetensors
  vascusim convert ./data case_1 case_1.safetensors
  vascusim convert hf://datasets/user/name/cases/case_1.vtu case_1.safetensors -a pressure
  vascusim convert ./data ./graphs --to safetensors -j 8
  vascusim convert nas://192.168.1.100/sim/aorta /scratch/tars --to webdataset --shard auto`,
    )
    .action(
      async (input: string, second: string | undefined, third: string | undefined, flags: ConvertFlags) => {
        const { to } = flags;
        if (to !== undefined) {
          process.exitCode = await runConvertAll(command, [input, second, third], { ...flags, to }, signal);
          return;
        }
        refuseDataSetOptions(command);
        if (second === undefined) throw new UsageError("missing required argument 'out'");
        const output = expandHome(third ?? second, 'The name of the output');
        const files = third === undefined ? [input] : [input, second];
        await checkTarget(output, flags);
        await openMeshFiles(command, files, signal, (file) =>
          runConvert(file, third === undefined ? input : file.name, output, flags, signal),
        );
      },
    );
}

/**
 * Checks that the file can be written there, in the form that was asked for.
 *
 * @throws ConfigError before anything is read
 */
async function checkTarget(output: string, flags: ConvertFlags): Promise<void> {
  if (!['.vtu', '.vtp', '.safetensors'].includes(extname(output).toLowerCase()))
    throw new ConfigError(
      'output',
      `"${output}" must end in .vtu, .vtp or .safetensors; a whole data set is converted into a directory with --to.`,
    );
  if (flags.graphOf !== undefined && !output.toLowerCase().endsWith('.safetensors'))
    throw new ConfigError('graphOf', `"${output}" holds a mesh: a graph is written to .safetensors alone.`);
  if (flags.encoding === 'ascii' && flags.compressor === 'zlib')
    throw new ConfigError('compressor', 'Text (--encoding ascii) is not compressed; use --compressor none.');
  await checkOutput(output, flags.force);
}

async function runConvert(
  file: GivenMesh,
  input: string,
  output: string,
  flags: ConvertFlags,
  signal: AbortSignal,
): Promise<void> {
  const target = extname(output).toLowerCase();
  let writing = false;
  using _activity = new Activity((seconds) =>
    writing
      ? `writing ${basename(output)}: ${formatPlural(seconds, 'second')}`
      : describeReading(file, seconds),
  );
  const start = performance.now();
  // Reading passes over names that the file does not have; somebody who typed them wants to know.
  if (flags.attributes !== undefined) await requireArrays(file, flags.attributes);
  const leftOut: LeftOutArray[] = [];
  const mesh = await file.mesh(flags.attributes, (array) => void leftOut.push(array));
  const sidecar = await file.sidecar();
  const metadata = sidecar === undefined ? {} : await file.metadata();
  writing = true;
  await makeFolderOf(output);
  const ghosts = countGhosts(mesh);
  const facts: Record<string, unknown> = { input, output, ...(ghosts && { ghosts }) };
  let what: string;
  if (target === '.safetensors') {
    const id = basename(file.name, extname(file.name));
    const { attributes, graphOf } = flags;
    const graph = await meshToGraphAsync(mesh, { id, metadata, attributes, graphOf, signal });
    leftOut.push(...notInGraph(mesh, flags));
    await writeGraph(output, graph, { signal });
    Object.assign(facts, { nodes: graph.numNodes, edges: graph.numEdges, metadata: sidecar !== undefined });
    const withMetadata = sidecar === undefined ? '' : ', with its metadata';
    what = `graph of ${formatPlural(graph.numNodes, 'node')} and ${formatPlural(graph.numEdges, 'edge')}${withMetadata}`;
  } else {
    const result = await asKind(mesh, target, input, signal);
    if (ghosts !== undefined && result !== mesh && target === '.vtp')
      warn('The surface leaves out what vtkGhostType marks as copied, hidden or refined.');
    await writeMesh(output, result, {
      encoding: flags.encoding,
      compressor: flags.compressor ?? (flags.encoding === 'ascii' ? 'none' : 'zlib'),
      signal,
    });
    leftOut.push(...bitArrays(mesh));
    const beside = await writeSidecar(output, sidecar, signal);
    const [points, cells] = [result.points.shape[0] as number, result.cells.types.length];
    Object.assign(facts, { type: result.kind, points, cells, sidecar: beside });
    const surface = result.kind !== mesh.kind && result.kind === 'PolyData';
    what = `${surface ? 'outer surface, ' : ''}${formatCount(points)} points, ${formatCount(cells)} cells`;
    if (beside !== undefined) what += `, with its metadata (${basename(beside)})`;
  }
  if (leftOut.length > 0)
    warn(`${basename(output)} has not all of ${input}: ${describeLeftOutArrays(leftOut)}`);
  if (flags.json === true) print(JSON.stringify({ ...facts, leftOut }));
  else printText(`${output}: ${what} in ${formatDuration(performance.now() - start)}`);
}

/** Lists what a graph has no place for; who names arrays asks for nothing of the whole mesh. */
function notInGraph(
  { pointData, cellData, fieldData, details }: Mesh,
  { attributes: named, graphOf }: Pick<ConvertFlags, 'attributes' | 'graphOf'>,
): readonly LeftOutArray[] {
  const sections = [
    ...(graphOf === 'cells' ? [] : [{ on: 'node', data: pointData, own: details?.pointData } as const]),
    { on: 'cell', data: cellData, own: details?.cellData },
  ] as const;
  return [
    ...sections.flatMap(({ on, data, own }) => [
      ...[...data]
        .filter(([, array]) => !isTensor(array))
        .map(([name]) => ({ name, on, reason: 'strings' }) as const),
      ...[...data]
        .filter(([name, array]) => isTensor(array) && own?.arrays.get(name)?.componentNames !== undefined)
        .map(([name]) => ({ name, on, reason: 'information', what: 'names of its components' }) as const),
      ...[...(own?.active ?? [])]
        .filter(([, name]) => isTensor(data.get(name)))
        .map(([as, name]) => ({ name, on, reason: 'information', what: `active ${as}` }) as const),
    ]),
    ...(named === undefined ? [...fieldData.keys()] : []).map(
      (name) => ({ name, on: 'field', reason: 'graph' }) as const,
    ),
  ];
}

/**
 * Lists the arrays of bits, which are bytes where they are written: VTK reads bits over the cells of a `.vtp` into
 * wrong places.
 */
function bitArrays({ pointData, cellData, fieldData, details }: Mesh): readonly LeftOutArray[] {
  const sections = [
    { on: 'node', data: pointData, own: details?.pointData },
    { on: 'cell', data: cellData, own: details?.cellData },
    { on: 'field', data: fieldData, own: details?.fieldData },
  ] as const;
  return sections.flatMap(({ on, data, own }) =>
    [...(own?.arrays ?? [])]
      .filter(([name, { isBit }]) => isBit === true && data.has(name))
      .map(([name]) => ({ name, on, reason: 'information', what: 'type Bit, written as UInt8' }) as const),
  );
}

/** Writes the sidecar beside a mesh that has none yet; returns the path where it did. */
async function writeSidecar(
  output: string,
  sidecar: Uint8Array | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  const path = `${output.slice(0, -extname(output).length)}.json`;
  if (sidecar === undefined || (await exists(path))) return undefined;
  await writeWhole(path, sidecar, signal);
  return path;
}

/** Turns the mesh into what a file of that extension holds. */
async function asKind(mesh: Mesh, target: string, path: string, signal: AbortSignal): Promise<Mesh> {
  if (target === '.vtu') return { ...mesh, kind: 'UnstructuredGrid' };
  return mesh.kind === 'PolyData' ? mesh : extractSurfaceAsync(mesh, { path, signal });
}
