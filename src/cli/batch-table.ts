import type { Batch, DataLoader } from '../index.ts';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatPlural,
  formatRate,
} from './terminal/format-number.ts';
import { Activity, print } from './terminal/output.ts';
import { type Column, fitColumns, formatHeader, formatRow, shorten } from './terminal/table.ts';

/** A column of the table, and what it says of a batch. */
interface BatchColumn extends Column {
  readonly width: number;
  cell(batch: Batch, number: number, milliseconds: number): string;
}

const COLUMNS: readonly BatchColumn[] = [
  { title: 'BATCH', align: 'right', width: 5, cell: (_, number) => String(number) },
  { title: 'GRAPHS', align: 'right', width: 6, drop: 1, cell: ({ numGraphs }) => String(numGraphs) },
  { title: 'NODES', align: 'right', width: 10, cell: ({ numNodes }) => formatCount(numNodes) },
  { title: 'EDGES', align: 'right', width: 11, drop: 3, cell: ({ numEdges }) => formatCount(numEdges) },
  { title: 'READY', align: 'right', width: 8, drop: 2, cell: (_batch, _number, ms) => formatDuration(ms) },
  { title: 'SAMPLES', width: 30, least: 12, cell: ({ ids }) => describeIds(ids) },
];

/** Sums of what streaming came to. */
export interface StreamSummary {
  readonly batches: number;
  readonly samples: number;
  readonly nodes: number;
  readonly edges: number;
  readonly milliseconds: number;
  /** Names of arrays that some batch left out because not all of its samples had them. */
  readonly leftOut: ReadonlySet<string>;
  /** Nodes of the other parts of the samples, by the names of the parts. */
  readonly parts: ReadonlyMap<string, number>;
  /** Shapes of the arrays of the first batch of steps, as words; undefined where samples are no steps. */
  readonly shapes: string | undefined;
}

/** Options of {@link streamBatches}. */
export interface StreamOptions {
  /** Number of batches after which it ends. */
  readonly limit: number;
  /** True for one JSON object a batch instead of a table. */
  readonly json: boolean;
  /** Function that counts the bytes that were fetched or read so far. */
  readonly bytes: () => number;
}

function describeIds(ids: readonly string[]): string {
  const [first = '', ...others] = ids;
  const name = first.length > 26 ? `…${first.slice(-25)}` : first;
  return others.length === 0 ? name : `${name} +${others.length}`;
}

/** Goes through the batches of an epoch and prints a line for each. */
export async function streamBatches(loader: DataLoader, options: StreamOptions): Promise<StreamSummary> {
  const leftOut = new Set<string>();
  const nodesOfParts = new Map<string, number>();
  const sums = { batches: 0, samples: 0, nodes: 0, edges: 0, leftOut, parts: nodesOfParts };
  const summary = { ...sums, shapes: undefined as string | undefined };
  const start = performance.now();
  let last = start;
  using _activity = new Activity((seconds) => {
    const total = Math.min(loader.length, options.limit);
    const waiting = summary.batches === 0 ? 'waiting for the first batch, ' : '';
    return `${waiting}${summary.batches} of ${total} batches, ${formatBytes(options.bytes())} in ${formatPlural(seconds, 'second')}`;
  });
  const columns = fitColumns(COLUMNS);
  if (!options.json) print(formatHeader(columns));
  const report = (batch: Batch, milliseconds: number): void => {
    const { numGraphs, numNodes, numEdges, ids } = batch;
    const parts = Object.entries(batch.parts).map(([name, part]) => {
      return [name, { numNodes: part.numNodes, numEdges: part.numEdges }] as const;
    });
    if (options.json) {
      const event = {
        event: 'batch',
        batch: summary.batches,
        numGraphs,
        numNodes,
        numEdges,
        milliseconds,
        ids,
        ...(parts.length === 0 ? undefined : { parts: Object.fromEntries(parts) }),
      };
      print(JSON.stringify(event));
      return;
    }
    const cells = columns.map(({ cell }) => cell(batch, summary.batches, milliseconds));
    const last = columns.at(-1)?.width ?? 0;
    print(formatRow(columns, [...cells.slice(0, -1), shorten(cells.at(-1) ?? '', last)]));
  };
  if (options.limit > 0) {
    for await (const batch of loader) {
      const now = performance.now();
      summary.batches++;
      summary.samples += batch.numGraphs;
      summary.nodes += batch.numNodes;
      summary.edges += batch.numEdges;
      if (summary.batches === 1) summary.shapes = describeShapes(batch);
      for (const name of batch.leftOut) leftOut.add(name);
      for (const [name, { numNodes }] of Object.entries(batch.parts))
        nodesOfParts.set(name, (nodesOfParts.get(name) ?? 0) + numNodes);
      report(batch, now - last);
      last = performance.now();
      if (summary.batches >= options.limit) break;
    }
  }
  return { ...summary, milliseconds: performance.now() - start };
}

/** Describes the arrays of a batch of steps by their shapes: `pressure [N, 2]`; undefined of other batches. */
function describeShapes({ times, node, cell }: Batch): string | undefined {
  if (times === undefined) return undefined;
  const of = (arrays: Batch['node'], rows: string): string[] =>
    Object.entries(arrays).map(([name, { shape }]) => `${name} [${[rows, ...shape.slice(1)].join(', ')}]`);
  const shown = [...of(node, 'N'), ...of(cell, 'M')];
  const names = shown.slice(0, 6).join(', ') + (shown.length > 6 ? ', …' : '');
  return `${names === '' ? '' : `${names}, `}times [${['B', ...times.shape.slice(1)].join(', ')}]`;
}

/** Writes the closing lines: how much there was and how fast it came. */
export function describeSummary(summary: StreamSummary, bytesRead: number, loader: DataLoader): string[] {
  const { batches, samples, nodes, edges, milliseconds, leftOut, parts, shapes } = summary;
  const seconds = milliseconds / 1000;
  const { boundBy } = loader.stats();
  const lines = [
    `${formatPlural(samples, 'sample')} in ${formatPlural(batches, 'batch', 'batches')}: ${formatCount(nodes)} nodes, ` +
      `${formatCount(edges)} directed edges, ${formatBytes(bytesRead)} read`,
    `${formatDuration(milliseconds)}: ${formatRate(samples / seconds)} samples/s, ` +
      `${formatCount(Math.round(nodes / seconds))} nodes/s, ${formatBytes(bytesRead / seconds)}/s` +
      (boundBy === undefined ? '' : `; held up by: ${boundBy}`),
  ];
  if (shapes !== undefined) lines.push(`arrays: ${shapes}`);
  if (parts.size > 0) {
    const sizes = [...parts].map(([name, count]) => `${name} ${formatCount(count)} nodes`);
    lines.push(`with the parts ${sizes.join(', ')}`);
  }
  if (leftOut.size > 0) {
    const names = [...leftOut].slice(0, 4).join(', ');
    const more = leftOut.size > 4 ? `, … (${leftOut.size} in all)` : '';
    lines.push(`left out, since not all samples of a batch have them: ${names}${more}`);
  }
  return lines;
}
