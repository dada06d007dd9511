import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { build } from 'vite';
import { describe } from 'vitest';

const binary = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (candidate) => spawnSync(candidate, ['--version'], { stdio: 'ignore' }).status === 0,
);
if (binary === undefined) {
  const advice = 'Chromium not found (Debian: apt install chromium)';
  if (process.env['CI'] !== undefined) throw new Error(advice);
  process.stderr.write(`${advice}: the page of view is not tested\n`);
}

/** A suite that needs a real browser: skipped without it, an error in CI. */
export const describeWithBrowser: (name: string, body: () => void) => void = describe.skipIf(
  binary === undefined,
);

const FLAGS =
  '--disable-gpu --enable-unsafe-swiftshader --force-color-profile=srgb --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync --disable-dev-shm-usage';

export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: binary ?? 'chromium',
    args: FLAGS.split(' '),
    chromiumSandbox: false,
  });
}

/** Page as `npm run build` makes it, in a folder of its own. */
export async function buildPage(): Promise<{ readonly folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'vascusim-page-'));
  await build({ configFile: 'page.config.ts', build: { outDir: folder } });
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Page in a browser, and what its console said of errors. */
export class TestPage {
  readonly errors: string[] = [];
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(message.text());
    });
    page.on('pageerror', (error) => this.errors.push(String(error)));
  }

  static async open(
    browser: Browser,
    url: string,
    { width = 1100, height = 620, scheme = 'light' as 'light' | 'dark' } = {},
  ): Promise<TestPage> {
    const page = await browser.newPage({ viewport: { width, height }, colorScheme: scheme });
    page.setDefaultTimeout(20_000);
    const opened = new TestPage(page);
    await page.goto(url);
    await opened.settled();
    return opened;
  }

  get canvas(): Locator {
    return this.page.getByRole('img', { name: /^View/ });
  }

  get probe(): Locator {
    return this.page.getByRole('status', { name: 'Probe' });
  }

  get alert(): Locator {
    return this.page.getByRole('alert');
  }

  select(name: string): Locator {
    return this.page.getByRole('combobox', { name, exact: true });
  }

  slider(name: string): Locator {
    return this.page.getByRole('slider', { name, exact: true });
  }

  box(name: string): Locator {
    return this.page.getByRole('checkbox', { name, exact: true });
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  option(id: string): Locator {
    const begin = new RegExp(`^${id.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}(?: |$)`);
    return this.page.getByRole('listbox', { name: 'Samples' }).getByRole('option', { name: begin });
  }

  /** Waits until what was asked for last is drawn. */
  async settled(): Promise<void> {
    await this.page.locator('main[aria-busy="false"]').waitFor();
  }

  /** Fragment of what is drawn. */
  async shown(): Promise<URLSearchParams> {
    await this.settled();
    return new URLSearchParams((await this.canvas.getAttribute('data-shown')) ?? '');
  }

  /** Pixels of the picture: width, height, and red, green, blue and alpha of each. */
  async pixels(): Promise<{ readonly width: number; readonly height: number; readonly data: Uint8Array }> {
    await this.settled();
    const { width, height, text } = await this.canvas.evaluate((canvas) => {
      const { width: w, height: h } = canvas as HTMLCanvasElement;
      const copy = new OffscreenCanvas(w, h).getContext('2d');
      copy?.drawImage(canvas as HTMLCanvasElement, 0, 0);
      const bytes = copy?.getImageData(0, 0, w, h).data ?? new Uint8ClampedArray();
      let packed = '';
      for (let at = 0; at < bytes.length; at += 30_000)
        packed += String.fromCharCode(...bytes.subarray(at, at + 30_000));
      return { width: w, height: h, text: btoa(packed) };
    });
    return { width, height, data: Buffer.from(text, 'base64') };
  }

  /** Numbers that the probe says, with the pixel under it. */
  async probeAt(x: number, y: number): Promise<Probe | undefined> {
    const box = await this.canvas.boundingBox();
    if (box === null) throw new Error('There is no canvas.');
    await this.page.mouse.click(Math.round(box.x) + x + 0.5, Math.round(box.y) + y + 0.5);
    return this.probe.evaluate((element) => {
      const { value, x: px, y: py, z: pz, point } = (element as HTMLElement).dataset;
      return px === undefined
        ? undefined
        : {
            value: Number(value),
            place: [Number(px), Number(py), Number(pz)] as [number, number, number],
            point: Number(point),
          };
    });
  }

  close(): Promise<void> {
    return this.page.close();
  }
}

/** Value that the probe says. */
export interface Probe {
  readonly value: number;
  readonly place: readonly [number, number, number];
  readonly point: number;
}
