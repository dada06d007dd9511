import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { makeDemoDataset } from '../../src/cli/demo/data-set.ts';
import { StreamingVascuDataset } from '../../src/data.ts';
import { startView } from '../../src/view/start-view.ts';

/* Takes view.png, the picture of the guide's page on `view`, by Debian's Chromium: npm run build, then this. */
const folder = join(await mkdtemp(join(tmpdir(), 'vascusim-picture-')), 'demo');
await makeDemoDataset(undefined, folder);
const view = await startView({
  port: 0,
  version: '',
  title: 'demo',
  thumbnails: 'on',
  report: undefined,
  open: () => StreamingVascuDataset.open({ sourceUrl: folder, prefetch: false }),
  chooseArray: () => 'pressure',
  unitOf: () => undefined,
});
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  chromiumSandbox: false,
  args: ['--disable-gpu', '--enable-unsafe-swiftshader', '--force-color-profile=srgb'],
});
const page = await browser.newPage({ viewport: { width: 1280, height: 760 } });
await page.goto(`${view.url}#sample=patient_10&field=wall_shear_stress&compare=patient_12`);
await page.locator('main[aria-busy="false"]').waitFor();
await page.locator('.row .thumbnail img').nth(3).waitFor();
await page.screenshot({ path: fileURLToPath(new URL('view.png', import.meta.url)) });
await browser.close();
await view[Symbol.asyncDispose]();
await rm(folder, { recursive: true, force: true });
