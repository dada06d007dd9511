import { styleText } from 'node:util';
import stringWidth from 'string-width';
import type { DownloadProgress } from '../../io.ts';
import { formatBytes, formatEta } from './format-number.ts';
import { harmless, isQuiet, note, showBlock, widthOf } from './output.ts';
import { shorten } from './table.ts';

/** Pauses until a terminal is drawn again, and until a log gets a line; milliseconds. */
const REDRAW_INTERVAL_MS = 200;
const LOG_INTERVAL_MS = 10_000;
/** Time over which the rate is taken, milliseconds. */
const RATE_WINDOW_MS = 8_000;
/** Number of files that are shown at once. */
const MAX_SHOWN_FILES = 6;
const BAR_COLUMNS = 20;

/** Display of how a download goes: a block that is drawn again on a terminal, a line now and then elsewhere. */
export class DownloadDisplay implements Disposable {
  readonly #start = performance.now();
  readonly #timer: NodeJS.Timeout | undefined;
  #latest: DownloadProgress | undefined;
  #samples: { readonly at: number; readonly bytes: number }[] = [{ at: this.#start, bytes: 0 }];

  constructor() {
    if (isQuiet()) return;
    this.#timer = setInterval(
      () => this.#show(),
      process.stderr.isTTY ? REDRAW_INTERVAL_MS : LOG_INTERVAL_MS,
    );
    this.#timer.unref();
  }

  readonly update = (progress: DownloadProgress): void => {
    this.#latest = progress;
  };

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    showBlock([]);
  }

  #show(): void {
    const progress = this.#latest;
    if (progress === undefined) return;
    const rate = this.#rate(progress.bytesFetched);
    const left = progress.bytes - progress.bytesDone;
    const etaMs = rate > 0 ? (1000 * left) / rate : undefined;
    const width = widthOf(process.stderr);
    if (width === undefined) note(describeLine(progress, rate, etaMs));
    else showBlock(describeBlock(progress, rate, etaMs, width - 1));
  }

  /** Computes the bytes in a second, over the last seconds. */
  #rate(bytes: number): number {
    const now = performance.now();
    this.#samples.push({ at: now, bytes });
    const window = Math.max(RATE_WINDOW_MS, process.stderr.isTTY ? 0 : 2 * LOG_INTERVAL_MS);
    while (this.#samples.length > 2 && now - (this.#samples[0]?.at ?? 0) > window) this.#samples.shift();
    const first = this.#samples[0] ?? { at: this.#start, bytes: 0 };
    return now > first.at ? (1000 * (bytes - first.bytes)) / (now - first.at) : 0;
  }
}

/** Writes a line for logs: names and values. */
function describeLine(progress: DownloadProgress, rate: number, etaMs: number | undefined): string {
  const { files, filesDone, bytes, bytesDone, failed, retries } = progress;
  const compact = (count: number): string => formatBytes(count).replace(' ', '');
  return [
    'progress',
    `files=${filesDone}/${files}`,
    `bytes=${compact(bytesDone)}/${compact(bytes)}`,
    `rate=${compact(rate)}/s`,
    `eta=${etaMs === undefined ? 'unknown' : `${Math.round(etaMs / 1000)}s`}`,
    ...(retries > 0 ? [`retries=${retries}`] : []),
    ...(failed > 0 ? [`failed=${failed}`] : []),
  ].join(' ');
}

function describeBlock(
  progress: DownloadProgress,
  rate: number,
  etaMs: number | undefined,
  width: number,
): string[] {
  const { files, filesDone, bytes, bytesDone, active, failed, retries } = progress;
  const lines = active.slice(0, MAX_SHOWN_FILES).map((file) => describeFile(file, width));
  if (active.length > MAX_SHOWN_FILES) lines.push(`  … ${active.length - MAX_SHOWN_FILES} more`);
  const rest = [
    `${formatBytes(rate)}/s`,
    etaMs === undefined ? 'waiting' : `${formatEta(etaMs)} left`,
    ...(failed > 0 ? [styleText('red', `${failed} failed`, { stream: process.stderr })] : []),
    ...(retries > 0 ? [`${retries} retries`] : []),
  ];
  const long = [`${filesDone}/${files} files`, `${formatBytes(bytesDone)} of ${formatBytes(bytes)}`, ...rest];
  const share = bytes === 0 ? 100 : Math.floor((100 * bytesDone) / bytes);
  const isLong = widthOfLine(long.slice(0, 4).join('  ')) <= width;
  // On a narrow terminal amounts are said shorter, then the last parts go.
  let line = '';
  for (const part of isLong ? long : [`${filesDone}/${files}`, `${share} %`, ...rest]) {
    const longer = line === '' ? part : `${line}  ${part}`;
    if (widthOfLine(longer) > width) break;
    line = longer;
  }
  return [...lines, line];
}

function widthOfLine(line: string): number {
  return stringWidth(line);
}

function describeFile({ path, size, received }: DownloadProgress['active'][number], width: number): string {
  const share = size === 0 ? 1 : Math.min(1, received / size);
  const percent = `${Math.floor(100 * share)} %`.padStart(5);
  const amount = `${formatBytes(received)} of ${formatBytes(size)}`.padStart(20);
  const hasBar = width >= 70;
  const filled = Math.round(BAR_COLUMNS * share);
  const bar = hasBar ? `${'█'.repeat(filled)}${'░'.repeat(BAR_COLUMNS - filled)} ` : '';
  const rest = `${bar}${percent}${width >= 56 ? ` ${amount}` : ''}`;
  const room = Math.min(40, width - stringWidth(rest) - 4);
  const [whole, base] = [harmless(path), harmless(path.slice(path.lastIndexOf('/') + 1))];
  const name = shorten(stringWidth(whole) > room ? base : whole, room);
  return `  ${name}${' '.repeat(Math.max(0, room - stringWidth(name)))}  ${rest}`;
}
