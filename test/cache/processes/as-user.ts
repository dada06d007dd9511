/*
 * Another user of a cache: as-user.ts UID GID UMASK CACHE_DIR PATH… (umask in octal). Gets the files one after the other
 * and prints what became of each, of warnings and of the end, as JSON.
 */
import { readFileSync } from 'node:fs';
import { CacheManager } from '../../../src/cache/cache-manager.ts';
import { contentOf, obtain } from '../cached-files.ts';
import { SIZE, type UserReport } from '../users.ts';

const [uid, gid, umask, cacheDir = '', ...paths] = process.argv.slice(2);
// Only when all is loaded: the sources may lie where that user cannot read.
process.umask(Number.parseInt(umask ?? '', 8));
process.setgroups?.([Number(gid)]);
process.setgid?.(Number(uid));
process.setuid?.(Number(uid));

const report: UserReport = { hits: [], wrong: [], errors: [], warnings: [] };
process.on('warning', (warning: Error & { code?: string }) => {
  report.warnings.push(warning.code ?? warning.name);
});
try {
  const cache = await CacheManager.open({ cacheDir, maxSize: 100 * SIZE });
  for (const path of paths) {
    try {
      const { entry, hit } = await obtain(cache, path, SIZE);
      if (hit) report.hits.push(path);
      if (!readFileSync(entry.path).equals(contentOf(path, SIZE))) report.wrong.push(path);
      entry.release();
    } catch (error) {
      report.errors.push(String(error));
    }
  }
  await cache.getCacheStats();
  await cache.close();
} catch (error) {
  report.errors.push(String(error));
}
// Warnings are told in the next turn.
setImmediate(() => process.stdout.write(JSON.stringify(report)));
