import { basename, extname } from 'node:path';
import { Command, Option } from 'commander';
import {
  ConfigError,
  extractSurfaceAsync,
  graphToSafetensors,
  type Mesh,
  meshToGraph,
  NotFoundError,
  readMesh,
  type WriteOptions,
  writeMesh,
} from '../../index.ts';
import { formatCount, formatDuration, formatPlural } from '../format-number.ts';
import { Activity, print } from '../output.ts';
import { nameList } from '../parse-option.ts';
import { assertAbsent, writeWhole } from '../write-file.ts';

interface ConvertFlags {
  readonly encoding: NonNullable<WriteOptions['encoding']>;
  readonly compressor?: 'zlib' | 'none';
  readonly attributes?: readonly string[];
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `vascusim convert`: a mesh file in another form. */
export function convertCommand(signal: AbortSignal): Command {
  return new Command('convert')
    .description('write a mesh in another encoding, as its outer surface, or as a graph')
    .argument('<in>', '.vtu, .vtp, .pvtu or .pvtp file')
    .argument('<out>', '.vtu, .vtp or .safetensors file')
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
    .option('--json', 'say what was written as JSON')
    .addHelpText(
      'after',
      `
An unstructured grid becomes a .vtp by its outer surface, with the data of the surface's points and of the
cells behind its polygons. A .safetensors file holds the graph: pos, edgeIndex, node.NAME, cell.NAME.
Values stay the same, bit by bit.

Examples:
  vascusim convert case_1.vtu small.vtu -a pressure
  vascusim convert case_1.vtu wall.vtp --encoding base64
  vascusim convert case_1.pvtu case_1.safetensors`,
    )
    .action(async (input: string, output: string, flags: ConvertFlags) =>
      runConvert(input, output, flags, signal),
    );
}

async function runConvert(
  input: string,
  output: string,
  flags: ConvertFlags,
  signal: AbortSignal,
): Promise<void> {
  const target = extname(output).toLowerCase();
  if (!['.vtu', '.vtp', '.safetensors'].includes(target))
    throw new ConfigError('output', `"${output}" must end in .vtu, .vtp or .safetensors.`);
  if (flags.encoding === 'ascii' && flags.compressor === 'zlib')
    throw new ConfigError('compressor', 'Text (--encoding ascii) is not compressed; use --compressor none.');
  if (flags.force !== true) await assertAbsent(output);
  let doing = `reading ${basename(input)}`;
  using _activity = new Activity((seconds) => `${doing}: ${formatPlural(seconds, 'second')}`);
  const start = performance.now();
  const mesh = await readMesh(input, { attributes: flags.attributes, signal });
  checkNames(mesh, flags.attributes, input);
  doing = `writing ${basename(output)}`;
  const facts: Record<string, unknown> = { input, output };
  let what: string;
  if (target === '.safetensors') {
    const graph = meshToGraph(mesh, { id: basename(input, extname(input)) });
    await writeWhole(output, graphToSafetensors(graph), signal);
    Object.assign(facts, { nodes: graph.numNodes, edges: graph.numEdges });
    what = `graph of ${formatPlural(graph.numNodes, 'node')} and ${formatPlural(graph.numEdges, 'edge')}`;
  } else {
    const result = await asKind(mesh, target, input, signal);
    await writeMesh(output, result, {
      encoding: flags.encoding,
      compressor: flags.compressor ?? (flags.encoding === 'ascii' ? 'none' : 'zlib'),
      signal,
    });
    const [points, cells] = [result.points.shape[0] as number, result.cells.types.length];
    Object.assign(facts, { type: result.kind, points, cells });
    const surface = result.kind !== mesh.kind && result.kind === 'PolyData';
    what = `${surface ? 'outer surface, ' : ''}${formatCount(points)} points, ${formatCount(cells)} cells`;
  }
  if (flags.json === true) print(JSON.stringify(facts));
  else print(`${output}: ${what} in ${formatDuration(performance.now() - start)}`);
}

/** The mesh as a file of that extension holds it. */
async function asKind(mesh: Mesh, target: string, path: string, signal: AbortSignal): Promise<Mesh> {
  if (target === '.vtu') return { ...mesh, kind: 'UnstructuredGrid' };
  return mesh.kind === 'PolyData' ? mesh : extractSurfaceAsync(mesh, { path, signal });
}

/** Reading passes over names that the file does not have; somebody who typed them wants to know. */
function checkNames(mesh: Mesh, names: readonly string[] = [], path: string): void {
  const missing = names.find((name) => !mesh.pointData.has(name) && !mesh.cellData.has(name));
  if (missing === undefined) return;
  throw new NotFoundError(`${path} has no array "${missing}"; vascusim info ${path} lists those it has.`);
}
