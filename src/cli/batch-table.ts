import type { Batch, DataLoader } from '../index.ts';
import { formatBytes, formatCount, formatDuration, formatPlural } from './format-number.ts';
import { print, StatusLine } from './output.ts';
import { type Column, formatHeader, formatRow } from './table.ts';

const columns: readonly Column[] = [
  { title: 'BATCH', align: 'right', width: 5 },
  { title: 'GRAPHS', align: 'right', width: 6 },
  { title: 'NODES', align: 'right', width: 10 },
  { title: 'EDGES', align: 'right', width: 11 },
  { title: 'READY', align: 'right', width: 8 },
  { title: 'SAMPLES', width: 20 },
];

/** What streaming came to. */
export interface StreamSummary {
  readonly batches: number;
  readonly samples: number;
  readonly nodes: number;
  readonly edges: number;
  readonly milliseconds: number;
  /** Names of arrays that some batch left out because not all of its samples had them. */
  readonly leftOut: ReadonlySet<string>;
}

/** Options of {@link streamBatches}. */
export interface StreamOptions {
  /** Batches after which it ends. */
  readonly limit: number;
  /** One JSON object a batch instead of a table. */
  readonly json: boolean;
}

function describeIds(ids: readonly string[]): string {
  const [first = '', ...others] = ids;
  const name = first.length > 26 ? `…${first.slice(-25)}` : first;
  return others.length === 0 ? name : `${name} +${others.length}`;
}

/** Goes through the batches of an epoch and prints a line for each. */
export async function streamBatches(loader: DataLoader, options: StreamOptions): Promise<StreamSummary> {
  const summary = { batches: 0, samples: 0, nodes: 0, edges: 0, leftOut: new Set<string>() };
  const start = performance.now();
  let last = start;
  using status = new StatusLine();
  if (!options.json) print(formatHeader(columns));
  const report = (batch: Batch, milliseconds: number): void => {
    const { numGraphs, numNodes, numEdges, ids } = batch;
    if (options.json) {
      const event = {
        event: 'batch',
        batch: summary.batches,
        numGraphs,
        numNodes,
        numEdges,
        milliseconds,
        ids,
      };
      print(JSON.stringify(event));
      return;
    }
    const cells = [
      String(summary.batches),
      String(numGraphs),
      formatCount(numNodes),
      formatCount(numEdges),
      formatDuration(milliseconds),
      describeIds(ids),
    ];
    print(formatRow(columns, cells));
  };
  if (options.limit > 0) {
    for await (const batch of loader) {
      const now = performance.now();
      summary.batches++;
      summary.samples += batch.numGraphs;
      summary.nodes += batch.numNodes;
      summary.edges += batch.numEdges;
      for (const name of batch.leftOut) summary.leftOut.add(name);
      status.clear();
      report(batch, now - last);
      const total = Math.min(loader.length, options.limit);
      status.update(`${summary.batches} of ${total} batches, ${formatPlural(summary.samples, 'sample')}`);
      last = performance.now();
      if (summary.batches >= options.limit) break;
    }
  }
  return { ...summary, milliseconds: performance.now() - start };
}

/** The closing lines: how much there was and how fast it came. */
export function describeSummary(summary: StreamSummary, bytesRead: number, loader: DataLoader): string[] {
  const { batches, samples, nodes, edges, milliseconds, leftOut } = summary;
  const seconds = milliseconds / 1000;
  const { boundBy } = loader.stats();
  const lines = [
    `${formatPlural(samples, 'sample')} in ${formatPlural(batches, 'batch', 'batches')}: ${formatCount(nodes)} nodes, ` +
      `${formatCount(edges)} directed edges, ${formatBytes(bytesRead)} read`,
    `${formatDuration(milliseconds)}: ${(samples / seconds).toFixed(1)} samples/s, ` +
      `${formatCount(Math.round(nodes / seconds))} nodes/s, ${formatBytes(bytesRead / seconds)}/s` +
      (boundBy === undefined ? '' : `; held up by: ${boundBy}`),
  ];
  if (leftOut.size > 0) {
    const names = [...leftOut].slice(0, 4).join(', ');
    const more = leftOut.size > 4 ? `, … (${leftOut.size} in all)` : '';
    lines.push(`left out, since not all samples of a batch have them: ${names}${more}`);
  }
  return lines;
}
