import { Command } from 'commander';
import { CacheManager, type CacheStats, type VerifyReport } from '../../io.ts';
import { ExitCode } from '../exit-code.ts';
import { ask, isConversation } from '../options/secrets.ts';
import { cacheOptions } from '../options/source-options.ts';
import { formatAge, formatBytes, formatPlural } from '../terminal/format-number.ts';
import { Activity, note, print, printJson, printText, remark } from '../terminal/output.ts';
import { formatTable } from '../terminal/table.ts';
import { UsageError } from '../usage-error.ts';

interface CacheFlags {
  readonly cacheDir?: string;
  readonly cacheSize?: number;
  readonly json?: boolean;
  readonly repair?: boolean;
  readonly source?: string;
  readonly yes?: boolean;
}

type Action = (cache: CacheManager, flags: CacheFlags, signal: AbortSignal) => Promise<number>;

/** Makes `vascusim cache`: what lies in the cache, and what to do about it. */
export function cacheCommand(signal: AbortSignal): Command {
  const make = (name: string, about: string, action: Action): Command => {
    const command = new Command(name).description(about);
    for (const option of cacheOptions()) command.addOption(option);
    return command.option('--json', 'one JSON document').action(async (flags: CacheFlags) => {
      const { cacheDir, cacheSize: maxSize } = flags;
      await using cache = await CacheManager.open({ cacheDir, maxSize });
      process.exitCode = await action(cache, flags, signal);
    });
  };
  return new Command('cache')
    .description('look after the cache: ls, stats, verify, prune, clear')
    .addCommand(make('ls', 'what the cache holds, source by source', listCache))
    .addCommand(make('stats', 'how full it is, and how often it had what was asked for', printStats))
    .addCommand(
      make('verify', 'read every file again and compare it with what was fetched', verifyCache).option(
        '--repair',
        'remove what is damaged, so that it is fetched again',
      ),
    )
    .addCommand(
      make(
        'prune',
        'remove unfinished downloads, and the least recently used files above --cache-size',
        pruneCache,
      ),
    )
    .addCommand(
      make('clear', 'remove all files, or those of one source', clearCache)
        .option('--source <id>', 'only the files of this source, as cache ls names it')
        .option('-y, --yes', 'do not ask'),
    )
    .addHelpText(
      'after',
      `
Files in use, by whatever process, are never removed before they are let go.

Examples:
  vascusim cache ls
  vascusim cache verify --repair
  vascusim cache prune --cache-size 5GB`,
    );
}

async function listCache(cache: CacheManager, { json }: CacheFlags): Promise<number> {
  const sources = (await cache.listSources()).toSorted((a, b) => b.lastUsed.getTime() - a.lastUsed.getTime());
  const stats = await cache.getCacheStats();
  if (json === true) {
    printJson({ cacheDir: cache.cacheDir, sources, stats });
    return ExitCode.Ok;
  }
  const columns = [
    { title: 'SOURCE', least: 16 },
    { title: 'FILES', align: 'right', drop: 2 },
    { title: 'SIZE', align: 'right' },
    { title: 'LAST USED', drop: 1 },
    { title: 'IN USE', align: 'right', drop: 3 },
  ] as const;
  const rows = sources.map(({ source, files, bytes, lastUsed, held }) => [
    source === '' ? '(not known any more)' : source,
    String(files),
    formatBytes(bytes),
    formatAge(Date.now() - lastUsed.getTime()),
    held === 0 ? '' : String(held),
  ]);
  if (rows.length > 0) for (const line of formatTable(columns, rows)) print(line);
  remark(`${describeTotal(stats)} in ${cache.cacheDir}`);
  const { files, bytes } = stats.unfinished;
  if (files > 0) {
    remark(
      `${formatPlural(files, 'unfinished download')} (${formatBytes(bytes)}), which go on when they are asked for again; vascusim cache prune removes them`,
    );
  }
  return ExitCode.Ok;
}

function describeTotal({ fileCount, totalSize, maxSize }: CacheStats): string {
  return `${formatPlural(fileCount, 'file')}, ${formatBytes(totalSize)} of at most ${formatBytes(maxSize)}`;
}

async function printStats(cache: CacheManager, { json }: CacheFlags): Promise<number> {
  const stats = await cache.getCacheStats();
  if (json === true) {
    printJson({ cacheDir: cache.cacheDir, ...stats });
    return ExitCode.Ok;
  }
  const { totalSize, fileCount, maxSize, usagePercent, hits, misses, evictions, unfinished } = stats;
  const asked = hits + misses;
  print(`folder      ${cache.cacheDir}`);
  print(`files       ${fileCount}`);
  print(
    `size        ${formatBytes(totalSize)} of at most ${formatBytes(maxSize)} (${usagePercent.toFixed(1)} %)`,
  );
  print(
    `unfinished  ${unfinished.files === 0 ? 'none' : `${unfinished.files} (${formatBytes(unfinished.bytes)})`}`,
  );
  print(`hits        ${hits}${asked === 0 ? '' : ` (${((100 * hits) / asked).toFixed(1)} % of ${asked})`}`);
  print(`misses      ${misses}`);
  print(`evictions   ${evictions}`);
  return ExitCode.Ok;
}

async function verifyCache(cache: CacheManager, flags: CacheFlags, signal: AbortSignal): Promise<number> {
  let report: VerifyReport;
  {
    let compared = '';
    using _activity = new Activity(() => compared);
    report = await cache.verify({
      repair: flags.repair,
      signal,
      onProgress: ({ files, of }) => {
        compared = `${files} of ${of} files compared`;
      },
    });
  }
  const { ok, unhashed, damaged, repaired } = report;
  if (flags.json === true) printJson(report);
  else {
    for (const { file, path, problem } of damaged) print(`${problem}: ${file === '' ? path : file}`);
    const unsure = unhashed > 0 ? ` (${unhashed} of them by their length only)` : '';
    const bad = damaged.length > 0 ? `, ${damaged.length} damaged` : '';
    const done = damaged.length === 0 ? '' : repaired ? ' and removed' : '';
    remark(`${ok} ok${unsure}${bad}${done}`);
    if (damaged.length > 0 && !repaired) note('--repair removes them, so that they are fetched again.');
  }
  return damaged.length > 0 && !repaired ? ExitCode.Failed : ExitCode.Ok;
}

async function pruneCache(cache: CacheManager, { json }: CacheFlags, signal: AbortSignal): Promise<number> {
  const before = await cache.getCacheStats();
  await cache.cleanup({ unfinished: true, signal });
  return reportRemoval(cache, before, json);
}

async function clearCache(cache: CacheManager, flags: CacheFlags, signal: AbortSignal): Promise<number> {
  const before = await cache.getCacheStats();
  const { source } = flags;
  if (source !== undefined) {
    const known = (await cache.listSources()).map((each) => each.source);
    if (!known.includes(source)) {
      throw new UsageError(
        `The cache holds nothing of ${JSON.stringify(source)}. ${known.length === 0 ? 'It is empty.' : `It holds files of: ${known.join(', ')}.`}`,
      );
    }
  }
  if (flags.yes !== true && !(await agrees(cache, before, source, signal))) {
    note('Nothing was removed.');
    return ExitCode.Failed;
  }
  await cache.clearAll({ source, signal });
  return reportRemoval(cache, before, flags.json);
}

async function agrees(
  cache: CacheManager,
  { fileCount, totalSize }: CacheStats,
  source: string | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  if (!isConversation())
    throw new UsageError('This would remove files: give --yes where nobody can be asked.');
  const what =
    source === undefined
      ? `all ${formatPlural(fileCount, 'file')} (${formatBytes(totalSize)}) in ${cache.cacheDir}`
      : `all files of ${source} in ${cache.cacheDir}`;
  const answer = await ask(`Remove ${what}? [y/N] `, false, signal);
  return /^y(?:es)?$/i.test(answer.trim());
}

async function reportRemoval(
  cache: CacheManager,
  before: CacheStats,
  json: boolean | undefined,
): Promise<number> {
  const after = await cache.getCacheStats();
  const files = before.fileCount - after.fileCount;
  const bytes = before.totalSize - after.totalSize;
  const unfinished = before.unfinished.files - after.unfinished.files;
  if (json === true)
    printJson({ cacheDir: cache.cacheDir, removed: { files, bytes, unfinished }, stats: after });
  else {
    const parts = unfinished > 0 ? ` and ${formatPlural(unfinished, 'unfinished download')}` : '';
    printText(
      `removed ${formatPlural(files, 'file')}${parts}, ${formatBytes(bytes)}; left are ${describeTotal(after)}`,
    );
  }
  return ExitCode.Ok;
}
