import type { BenchPass } from './bench-pass.ts';
import { formatBytes, formatDuration, formatPlural, formatRate } from './terminal/format-number.ts';

/** Parts that a report is made of. */
export interface BenchReport {
  readonly source: string;
  readonly isLocal: boolean;
  readonly passes: readonly BenchPass[];
  /** Conclusion: a sentence or two. */
  readonly conclusion: string;
  /** Circumstances: where and how it was measured. */
  readonly circumstances: string;
}

/** Sizes of a drawing, and of what is inside its axes; pixels. */
const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [720, 240, 56, 80, 24, 34];

const STYLE = `
:root { color-scheme: light dark; --ink: #1f2328; --faint: #d5d9de; --ground: #fff; --pass0: #0969da; --pass1: #bc4c00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --faint: #3d444d; --ground: #0d1117; --pass0: #4493f8; --pass1: #f0883e; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground); max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; overflow-wrap: anywhere; } h2 { font-size: 1.1rem; margin-top: 2rem; }
.table { overflow-x: auto; } table { border-collapse: collapse; font-size: .85rem; } th, td { padding: .3rem .55rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--faint); }
th:first-child, td:first-child { text-align: left; } svg { width: 100%; height: auto; } svg text { font: 12px system-ui, sans-serif; fill: var(--ink); }
.grid { stroke: var(--faint); } .line { fill: none; stroke-width: 2; } .p0 { stroke: var(--pass0); } .p1 { stroke: var(--pass1); }
.f0 { fill: var(--pass0); } .f1 { fill: var(--pass1); } svg .f0.label { fill: var(--pass0); } svg .f1.label { fill: var(--pass1); }
small { opacity: .75; }`;

/**
 * Writes a page of its own that shows what {@link BenchPass} measured: no script, nothing that is loaded from
 * elsewhere.
 */
export function describeBench(report: BenchReport): string {
  const { source, passes, circumstances } = report;
  const conclusion = report.conclusion.replace(/^./, (first) => first.toUpperCase());
  const title = `How fast ${source} comes`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeText(title)}</title><style>${STYLE}</style></head><body>
<h1>${escapeText(title)}</h1>
<p>${escapeText(conclusion)}</p>
<div class="table">${describeTable(report)}</div>
<h2>Samples in the course of time</h2>
${drawProgress(passes)}
<h2>Wait for each batch</h2>
${drawWaits(passes)}
<p><small>${escapeText(circumstances)}</small></p>
</body></html>
`;
}

function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function describeTable({ passes, isLocal }: BenchReport): string {
  const titles = [
    '',
    'samples/s',
    isLocal ? 'read' : 'fetched',
    'waiting',
    'first batch',
    'wait p50',
    'p95',
    'listing',
  ];
  const rows = passes.map((pass) => {
    const bytes = isLocal ? pass.bytesRead : pass.bytesFetched;
    return [
      `${pass.name}, ${formatPlural(pass.samples, 'sample')}`,
      formatRate(pass.samplesPerSecond),
      bytes === 0 ? '–' : `${formatBytes((1000 * bytes) / pass.milliseconds)}/s`,
      `${Math.round(pass.waitingPercent)} %`,
      formatDuration(pass.firstBatchMs),
      formatDuration(pass.wait.p50),
      formatDuration(pass.wait.p95),
      formatDuration(pass.listMs),
    ];
  });
  const line = (cells: readonly string[], tag: string): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeText(cell)}</${tag}>`).join('')}</tr>`;
  return `<table>${line(titles, 'th')}${rows.map((cells) => line(cells, 'td')).join('')}</table>`;
}

/** Functions from values to pixels. */
interface Axes {
  x(value: number): number;
  y(value: number): number;
  /** Lines and numbers. */
  readonly grid: string;
}

function makeAxes(xMax: number, yMax: number, xName: string, yName: string): Axes {
  const [right, bottom] = [WIDTH - RIGHT, HEIGHT - BOTTOM];
  const x = (value: number): number => round(LEFT + (value / xMax) * (right - LEFT));
  const y = (value: number): number => round(bottom - (value / yMax) * (bottom - TOP));
  const rows = ticksUpTo(yMax).map(
    (value) =>
      `<path class="grid" d="M${LEFT} ${y(value)}H${right}"/><text x="${LEFT - 6}" y="${y(value) + 4}" text-anchor="end">${value}</text>`,
  );
  const columns = ticksUpTo(xMax).map(
    (value) => `<text x="${x(value)}" y="${bottom + 16}" text-anchor="middle">${value}</text>`,
  );
  const names = `<text x="${right + 6}" y="${bottom + 16}">${xName}</text><text x="${LEFT - 6}" y="${TOP - 10}" text-anchor="end">${yName}</text>`;
  return { x, y, grid: [...rows, ...columns, names].join('') };
}

/** Lists round numbers from 0 to `max`, six at most. */
function ticksUpTo(max: number): number[] {
  const rough = max / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  return Array.from({ length: Math.floor(max / step) + 1 }, (_, index) =>
    Number((index * step).toPrecision(6)),
  );
}

function round(value: number): number {
  return Math.round(10 * value) / 10;
}

function draw(label: string, content: string): string {
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">${content}</svg>`;
}

/** Draws how many samples had come at which time, of each pass. */
function drawProgress(passes: readonly BenchPass[]): string {
  const seconds = Math.max(1e-3, ...passes.map(({ milliseconds }) => milliseconds / 1000));
  const samples = Math.max(1, ...passes.map((pass) => pass.samples));
  const { x, y, grid } = makeAxes(seconds, samples, 's', 'samples');
  const lines = passes.map(({ name, trace }, at) => {
    let count = 0;
    const steps = trace.map((batch) => `H${x(batch.readyMs / 1000)}V${y((count += batch.samples))}`);
    const end = (trace.at(-1)?.readyMs ?? 0) / 1000;
    return `<path class="line p${at}" d="M${x(0)} ${y(0)}${steps.join('')}"/><text class="label f${at}" x="${x(end) + 6}" y="${y(count) + 4 + 14 * at}">${name}</text>`;
  });
  return draw('Samples against seconds', grid + lines.join(''));
}

/** Draws how long the loop waited for each batch, of each pass. */
function drawWaits(passes: readonly BenchPass[]): string {
  const batches = Math.max(1, ...passes.map(({ trace }) => trace.length));
  const longest = Math.max(1e-3, ...passes.flatMap(({ trace }) => trace.map(({ waitMs }) => waitMs)));
  const { x, y, grid } = makeAxes(batches, longest, 'batch', 'ms');
  const slot = (x(1) - x(0)) * 0.8;
  const width = Math.max(0.5, slot / passes.length);
  const bars = passes.flatMap(({ trace }, at) =>
    trace.map(({ waitMs }, index) => {
      const left = round(x(index) + at * width);
      const title = `batch ${index + 1}: ${formatDuration(waitMs)}`;
      return `<rect class="f${at}" x="${left}" y="${y(waitMs)}" width="${round(width)}" height="${round(y(0) - y(waitMs))}"><title>${title}</title></rect>`;
    }),
  );
  const legend = passes.map(
    ({ name }, at) =>
      `<text class="label f${at}" x="${WIDTH - RIGHT + 6}" y="${TOP + 12 + 16 * at}">${name}</text>`,
  );
  return draw('Milliseconds of waiting against batches', grid + bars.join('') + legend.join(''));
}
