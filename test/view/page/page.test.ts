import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ColorMapName, colorAt } from '../../../src/render/color.ts';
import { buildPage, describeWithBrowser, openBrowser, TestPage } from './open-browser.ts';
import { PageServer } from './page-server.ts';
import { stageSamples } from './staged-samples.ts';

const FIRST = 'case 1/a&b=#?';

describeWithBrowser('page of view', () => {
  let built: Awaited<ReturnType<typeof buildPage>>;
  let browser: Browser;
  let server: PageServer;
  beforeAll(async () => {
    [built, browser] = await Promise.all([buildPage(), openBrowser()]);
    server = new PageServer(stageSamples(), built.folder);
    await server.start();
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
    await built.remove();
  });
  const open = (fragment = '', options: Parameters<typeof TestPage.open>[2] = {}): Promise<TestPage> =>
    TestPage.open(browser, `${server.url}${fragment}`, options);

  test('the built page inlines nothing, and is small', () => {
    const html = readFileSync(join(built.folder, 'index.html'), 'utf8');
    expect(html).not.toMatch(/<style|style=|<script(?![^>]* src=)|src="data:|href="data:/);
    const files = globSync('**/*.*', { cwd: built.folder });
    const packed = files.map((file) => gzipSync(readFileSync(join(built.folder, file))).length);
    expect(files.filter((file) => !/^index\.html$|-[\w-]{8}\.\w+$/.test(file))).toEqual([]);
    expect(packed.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(120_000);
  });

  test('every control is there by its role and name, and does what it says', async () => {
    const view = await open();
    const { page } = view;
    expect(await view.canvas.getAttribute('aria-label')).toMatch(
      /^View of .*pressure from 98 to 107\.2 mmHg/,
    );
    expect(Object.fromEntries(await view.shown())).toEqual({ sample: FIRST, field: 'pressure', step: '0' });
    await page.getByRole('status').filter({ hasText: '40 of 40 samples' }).waitFor();
    expect(await page.getByRole('slider', { name: 'Time' }).count()).toBe(0);

    await view.select('Colour by').selectOption('velocity');
    await view.select('Component').selectOption({ label: 'Y' });
    await view.select('Colour map').selectOption('greys');
    expect((await view.shown()).toString()).toContain('field=velocity&step=0&component=y&map=greys');
    await view.select('Colour by').selectOption('');
    expect((await view.shown()).get('field')).toBe('');
    await view.select('Colour by').selectOption('pressure');

    await view.select('Range').selectOption({ label: 'Fixed' });
    await page.getByRole('spinbutton', { name: 'Low' }).fill('99');
    await page.getByRole('spinbutton', { name: 'High' }).fill('105');
    expect((await view.shown()).get('range')).toBe('99,105');
    await view.box('Logarithmic').check();
    expect((await view.shown()).get('scale')).toBe('log');
    await view.box('Logarithmic').uncheck();
    await view.select('Range').selectOption({ label: 'All steps' });
    expect((await view.shown()).get('range')).toBe('all');

    await view.select('Cut').selectOption({ label: 'Clip' });
    expect((await view.shown()).get('clip')).toBe('1,0,0,1');
    await view.select('Normal').selectOption({ label: 'Z' });
    await view.slider('Position').fill('25');
    expect((await view.shown()).get('clip')).toBe('0,0,1,0.3');
    await view.select('Cut').selectOption({ label: 'Slice' });
    expect((await view.shown()).get('slice')).toBe('0,0,1,0.3');
    await view.select('Cut').selectOption({ label: 'None' });

    await view.box('Edges').check();
    await view.box('Lighting').uncheck();
    expect((await view.shown()).toString()).toMatch(/edges=1&light=0$/);
    await view.select('Compare with').selectOption('case 2');
    expect((await view.shown()).get('compare')).toBe('case 2');
    await view.box('Difference').check();
    expect((await view.shown()).get('show')).toBe('difference');
    expect(await page.getByRole('group', { name: 'Colour bar' }).textContent()).toContain('−');
    for (const name of ['Reset view', 'Save picture', 'Copy link'])
      expect(await view.button(name).count()).toBe(1);

    await view.option('beating').click();
    await view.slider('Time').fill('3');
    expect((await view.shown()).get('step')).toBe('3');
    expect(await view.slider('Time').getAttribute('aria-valuetext')).toBe('step 115, 0.375 s');
    expect(await view.slider('Time').getAttribute('max')).toBe('7');
    await view.button('Play').click();
    await view.button('Pause').click();
    const ticks = page.getByRole('group', { name: 'Colour bar' }).locator('[data-value]');
    expect(await ticks.count()).toBeGreaterThan(1);
    for (const tick of await ticks.all()) expect(await tick.textContent()).not.toBe('');
    expect(view.errors).toEqual([]);
    await view.close();
  });

  test('the filter has the syntax of --where, and says in place what it cannot read', async () => {
    const view = await open();
    const filter = view.page.getByRole('searchbox', { name: 'Filter' });
    await filter.fill('patient_age > 60');
    await filter.press('Enter');
    await view.page.getByRole('status').filter({ hasText: '2 of 40 samples' }).waitFor();
    await filter.fill('patient_age >');
    await filter.press('Enter');
    await view.page.locator('#filter-fault').waitFor();
    expect(await filter.getAttribute('aria-invalid')).toBe('true');
    await filter.fill('');
    await filter.press('Enter');
    await view.page.getByRole('status').filter({ hasText: '40 of 40 samples' }).waitFor();
    expect(await filter.getAttribute('aria-invalid')).toBe(null);
    await view.close();
  });

  test.each([
    [
      'a surface',
      '#view=front&light=0',
      'viridis',
      (p: readonly number[]) => 100 + 3 * p[0]! - 2 * p[1]! + p[2]!,
    ],
    [
      'a component',
      '#light=0&field=velocity&component=y&view=top',
      'viridis',
      (p: readonly number[]) => p[1]! - 0.5,
    ],
    [
      'a slice',
      '#light=0&slice=1,2,3,3.1',
      'viridis',
      (p: readonly number[]) => 100 + 3 * p[0]! - 2 * p[1]! + p[2]!,
    ],
    [
      'a difference',
      '#sample=beating&step=2&light=0&compare=case+2&show=difference',
      'cool-warm',
      (p: readonly number[]) => -0.25 - p[0]! + 3 * p[1]! - p[2]!,
    ],
    [
      'an offset',
      '#sample=far&light=0&view=front',
      'viridis',
      (p: readonly number[]) => 1e6 + 0.01 * (p[0]! - 1e7 - 1),
    ],
  ] as const)(
    'probes of %s have the value at their place, and its colour',
    async (name, link, map, valueAt) => {
      const view = await open(link);
      const { width, height, data } = await view.pixels();
      const bar = view.page.getByRole('group', { name: 'Colour bar' }).locator('[data-value]');
      const ends = (await bar.evaluateAll((ticks) =>
        ticks.map((tick) => Number((tick as HTMLElement).dataset['value'])),
      )) as number[];
      const [low = 0, high = 1] = [Math.min(...ends), Math.max(...ends)];
      let hits = 0;
      for (let probe = 0; probe < 12; probe++) {
        const x = Math.floor(width * (0.15 + 0.7 * ((probe * 0.618) % 1)));
        const y = Math.floor(height * (0.2 + 0.6 * ((probe * 0.755) % 1)));
        const found = await view.probeAt(x, y);
        if (found === undefined) continue;
        hits++;
        const expected = valueAt(found.place);
        expect(Math.abs(found.value - expected)).toBeLessThan(1e-5 * (high - low));
        if (name === 'a slice')
          expect(Math.abs(found.place[0] + 2 * found.place[1] + 3 * found.place[2] - 3.1)).toBeLessThan(2e-5);
        const at = 4 * (y * width + x);
        const colour = colorAt(map as ColorMapName, (found.value - low) / (high - low));
        for (let channel = 0; channel < 3; channel++)
          expect(Math.abs((data[at + channel] as number) - (colour[channel] as number))).toBeLessThanOrEqual(
            6,
          );
      }
      expect(hits).toBeGreaterThan(3);
      expect(view.errors).toEqual([]);
      await view.close();
    },
  );

  test('the same link gives the same pixels, also after turning and resetting, and after toggling twice', async () => {
    const view = await open('#field=velocity&edges=1');
    const first = await view.pixels();
    await view.canvas.press('ArrowLeft');
    await view.canvas.press('Shift+ArrowUp');
    await view.canvas.press('+');
    const turned = await view.pixels();
    expect(Buffer.compare(first.data, turned.data)).not.toBe(0);
    const again = await open(`#${(await view.shown()).toString()}`);
    expect(Buffer.compare((await again.pixels()).data, turned.data)).toBe(0);
    await again.close();
    await view.canvas.press('r');
    expect(Buffer.compare((await view.pixels()).data, first.data)).toBe(0);
    await view.canvas.press('e');
    await view.canvas.press('e');
    await view.box('Lighting').uncheck();
    await view.box('Lighting').check();
    expect(Buffer.compare((await view.pixels()).data, first.data)).toBe(0);
    await view.close();
  });

  test('back and forward go through what was shown', async () => {
    const view = await open();
    await view.option('case 2').click();
    await view.settled();
    await view.select('Colour by').selectOption('velocity');
    expect((await view.shown()).get('field')).toBe('velocity');
    await view.page.goBack();
    await expect.poll(async () => (await view.shown()).get('field')).toBe('pressure');
    expect((await view.shown()).get('sample')).toBe('case 2');
    await view.page.goBack();
    await expect.poll(async () => (await view.shown()).get('sample')).toBe(FIRST);
    await view.page.goForward();
    await expect.poll(async () => (await view.shown()).get('sample')).toBe('case 2');
    await view.close();
  });

  test('the saved picture is the canvas, and the copied link has no more than what is shown', async () => {
    const view = await open('#field=velocity');
    const { data, width, height } = await view.pixels();
    const [download] = await Promise.all([
      view.page.waitForEvent('download'),
      view.button('Save picture').click(),
    ]);
    const saved = readFileSync(await download.path()).toString('base64');
    const [savedWidth, savedHeight, text] = await view.page.evaluate(async (packed) => {
      const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
      const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
      const copy = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
      copy?.drawImage(bitmap, 0, 0);
      const read = copy?.getImageData(0, 0, bitmap.width, bitmap.height).data ?? new Uint8ClampedArray();
      let again = '';
      for (let at = 0; at < read.length; at += 30_000)
        again += String.fromCharCode(...read.subarray(at, at + 30_000));
      return [bitmap.width, bitmap.height, btoa(again)] as const;
    }, saved);
    expect([savedWidth, savedHeight]).toEqual([width, height]);
    expect(Buffer.compare(Buffer.from(text, 'base64'), Buffer.from(data))).toBe(0);
    await view.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await view.button('Copy link').click();
    await expect
      .poll(() => view.page.evaluate(() => navigator.clipboard.readText()))
      .toBe(`${server.url}#${(await view.canvas.getAttribute('data-shown')) ?? ''}`);
    await view.close();
  });

  test('a link with what is not there says so and shows the rest', async () => {
    const view = await open('#sample=nobody&field=zzz&step=9&component=q&view=wrong&compare=no+one&edges=1');
    const said = (await view.alert.textContent()) ?? '';
    for (const part of ['nobody', 'zzz', 'step 9', 'component=q', 'view=wrong', 'no one'])
      expect(said).toContain(part);
    expect(Object.fromEntries(await view.shown())).toEqual({
      sample: FIRST,
      field: 'pressure',
      step: '0',
      edges: '1',
    });
    await view.close();
  });

  test.each([
    ['cut off', 'cut.vtu: the block at byte 1024 is cut off'],
    ['empty', 'nothing to draw'],
  ])('of the sample “%s” it is said why there is no picture, and the next one is shown', async (id, why) => {
    const view = await open(`#sample=${encodeURIComponent(id)}`);
    expect(await view.alert.textContent()).toContain(why);
    expect(await view.canvas.getAttribute('data-shown')).toBe(null);
    await view.option('case 2').click();
    expect((await view.shown()).get('sample')).toBe('case 2');
    expect(await view.alert.count()).toBe(0);
    await view.close();
  });

  test('what has no finite value, lines, and an array that cannot be read are shown as far as they can', async () => {
    const view = await open('#sample=all+nan&light=0');
    const { data } = await view.pixels();
    expect(Buffer.from(data).includes(Buffer.from([255, 79, 216, 255]))).toBe(true);
    expect(await view.page.getByRole('group', { name: 'Colour bar' }).textContent()).toContain('not finite');
    await view.option('lines').click();
    expect((await view.shown()).get('field')).toBe('t');
    const lines = await view.pixels();
    const white = Buffer.from([255, 255, 255, 255]);
    let drawn = 0;
    for (let at = 0; at < lines.data.length; at += 4)
      if (!white.equals(lines.data.subarray(at, at + 4))) drawn++;
    expect(drawn).toBeGreaterThan(500);
    await view.close();
  });

  test('names that look like markup are text', async () => {
    const hostile = '<img src=x onerror=document.title="taken">';
    const view = await open(`#${new URLSearchParams({ sample: hostile }).toString()}`);
    expect((await view.shown()).get('field')).toBe(hostile);
    await view.select('Colour by').selectOption('broken');
    await view.settled();
    expect(await view.alert.textContent()).toContain('cut off');
    expect((await view.shown()).get('field')).toBe('');
    expect(await view.page.locator('img').count()).toBe(0);
    expect(await view.page.title()).toBe('memory – VascuSim');
    await view.close();
  });
});
