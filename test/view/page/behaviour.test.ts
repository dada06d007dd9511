import axe from 'axe-core';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildPage, describeWithBrowser, openBrowser, TestPage } from './open-browser.ts';
import { PageServer } from './page-server.ts';
import { stageSamples } from './staged-samples.ts';

/** Promise that is kept from outside. */
function makeGate(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((kept) => {
    resolve = kept;
  });
  return { promise, resolve };
}

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

  describe.each(['light', 'dark'] as const)('in the %s scheme', (scheme) => {
    test('axe finds nothing serious or critical, and nothing is wider than the window', async () => {
      const view = await open('#sample=beating&clip=1,0,0,1.5&compare=case+2', { scheme, width: 1440 });
      for (const width of [1440, 1024, 390]) {
        await view.page.setViewportSize({ width, height: 700 });
        await view.settled();
        expect(await view.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
          width,
        );
      }
      // By the driver, since the page's policy lets no other script in.
      const found = await view.page.evaluate(async (source) => {
        const run = new Function(`${source}; return axe.run(document, { resultTypes: ['violations'] });`);
        return (await run()) as { violations: { id: string; impact: string; nodes: { html: string }[] }[] };
      }, axe.source);
      const bad = found.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      expect(bad.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
      expect(view.errors).toEqual([]);
      await view.close();
    });
  });

  test('all can be done by the keyboard', async () => {
    const view = await open();
    const { keyboard } = view.page;
    const seen = new Set<string>();
    for (let tab = 0; tab < 40; tab++) {
      await keyboard.press('Tab');
      seen.add(
        await view.page.evaluate(() => {
          const element = document.activeElement;
          const label = element?.closest('label')?.querySelector('span')?.textContent;
          return element?.getAttribute('aria-label') ?? label ?? element?.textContent ?? '';
        }),
      );
    }
    for (const name of [
      'Samples',
      'Filter',
      'Colour by',
      'Colour map',
      'Range',
      'Low',
      'High',
      'Logarithmic',
      'Cut',
    ])
      expect(seen).toContain(name);
    for (const name of [
      'Compare with',
      'Look from',
      'Edges',
      'Lighting',
      'Reset view',
      'Save picture',
      'Copy link',
    ])
      expect(seen).toContain(name);
    expect([...seen].some((name) => name.startsWith('View'))).toBe(true);
    const list = view.page.getByRole('listbox', { name: 'Samples' });
    await list.focus();
    await keyboard.press('ArrowDown');
    expect((await view.shown()).get('sample')).toBe('case 2');
    await keyboard.press('End');
    expect((await view.shown()).get('sample')).toBe('case 40');
    expect(await list.getAttribute('aria-activedescendant')).toBe('sample-39');
    await keyboard.press('Home');
    for (let down = 0; down < 3; down++) await keyboard.press('ArrowDown');
    expect((await view.shown()).get('sample')).toBe('beating');
    await view.canvas.focus();
    await keyboard.press(']');
    expect((await view.shown()).get('step')).toBe('1');
    await keyboard.press('[');
    expect((await view.shown()).get('step')).toBe('0');
    await keyboard.press('e');
    expect((await view.shown()).get('edges')).toBe('1');
    await keyboard.press('ArrowRight');
    expect((await view.shown()).get('camera')).not.toBe(null);
    await keyboard.press('r');
    expect((await view.shown()).get('camera')).toBe(null);
    await keyboard.press('Space');
    await view.button('Pause').waitFor();
    await keyboard.press('Space');
    await view.button('Play').waitFor();
    await keyboard.press('Enter');
    await expect.poll(() => view.probe.getAttribute('data-point')).not.toBe(null);
    await view.close();
  });

  test('of ten samples chosen at once the last is shown, and what the others asked for ends', async () => {
    const view = await open();
    server.asked.length = 0;
    server.aborted.length = 0;
    const held = makeGate();
    server.hold = (route, query) =>
      route === 'values' && query.get('sample') !== 'case 20' ? held.promise : undefined;
    for (let index = 11; index <= 20; index++) await view.option(`case ${index}`).click();
    expect((await view.shown()).get('sample')).toBe('case 20');
    await expect
      .poll(() => server.aborted.filter((each) => each.startsWith('values')).length)
      .toBe(server.asked.filter((each) => each.startsWith('values')).length - 1);
    server.hold = undefined;
    held.resolve();
    await view.close();
  });

  test('while something is on its way the page is busy, and says what is drawn until then', async () => {
    const view = await open();
    const held = makeGate();
    server.hold = (route) => (route === 'values' ? held.promise : undefined);
    await view.select('Colour by').selectOption('velocity');
    expect(await view.page.locator('main[aria-busy="true"]').count()).toBe(1);
    expect(await view.canvas.getAttribute('data-shown')).toContain('field=pressure');
    held.resolve();
    server.hold = undefined;
    expect((await view.shown()).get('field')).toBe('velocity');
    await view.close();
  });

  test('positions and triangles are asked for once, an array once, and each step once', async () => {
    const view = await open('#sample=beating');
    server.asked.length = 0;
    for (const step of ['1', '2', '3']) {
      await view.slider('Time').fill(step);
      expect((await view.shown()).get('step')).toBe(step);
    }
    await view.slider('Time').fill('1');
    await view.settled();
    await view.box('Edges').check();
    await view.select('Cut').selectOption({ label: 'Clip' });
    await view.settled();
    expect(
      server.asked.filter((each) => !each.startsWith('session')).map((each) => each.split('?')[0]),
    ).toEqual(['values', 'values', 'values']);
    await view.close();
  });

  test('a server that has gone is said, and taken up again when it is back', async () => {
    const view = await open();
    await server.stop();
    await view.select('Colour by').selectOption('velocity');
    await view.alert.filter({ hasText: 'The server does not answer' }).waitFor();
    await view.settled();
    expect((await view.shown()).get('field')).toBe('pressure');
    server.session = 'two';
    await server.start();
    await view.page.locator('canvas[data-shown*="field=velocity"]').waitFor();
    await expect.poll(() => view.alert.count()).toBe(0);
    await view.close();
  });

  test('a graphics processor that is taken away is said, and drawn with again', async () => {
    const view = await open('#light=0');
    const before = await view.pixels();
    const lose = await view.canvas.evaluateHandle((canvas) => {
      const extension = (canvas as HTMLCanvasElement)
        .getContext('webgl2')
        ?.getExtension('WEBGL_lose_context');
      extension?.loseContext();
      return extension;
    });
    await view.alert.filter({ hasText: 'taken away' }).waitFor();
    await lose.evaluate((extension) => extension?.restoreContext());
    await expect.poll(() => view.alert.count()).toBe(0);
    expect(Buffer.compare((await view.pixels()).data, before.data)).toBe(0);
    await view.close();
  });

  test('without WebGL2 it is said, and the list works', async () => {
    const page = await browser.newPage();
    await page.addInitScript(() => {
      HTMLCanvasElement.prototype.getContext = () => null;
    });
    await page.goto(server.url);
    await page.getByRole('alert').filter({ hasText: 'no WebGL2' }).waitFor();
    await page.getByRole('option', { name: /^case 2 / }).click();
    await page.getByRole('region', { name: 'Metadata of case 2' }).waitFor();
    await page.locator('main[aria-busy="false"]').waitFor();
    await page.close();
  });

  test('a difference of other meshes is refused in words, and both are shown', async () => {
    const view = await open('#compare=other+mesh&show=difference');
    expect(await view.alert.textContent()).toContain('other meshes');
    const shown = await view.shown();
    expect([shown.get('compare'), shown.get('show')]).toEqual(['other mesh', null]);
    expect(view.errors).toEqual([]);
    await view.close();
  });

  test('the course of a run is shown by tiles', async () => {
    const running = new PageServer([], built.folder);
    const figures = {
      seconds: 2,
      samples: 40,
      samplesPerSecond: 19.96,
      megabytesPerSecond: 123.4,
      waiting: 0.25,
      readyAhead: 3,
      cacheHits: 0.5,
      boundBy: 'network' as const,
    };
    running.report = {
      figures: [{ ...figures, samples: 1 }, figures],
      next: 2,
      isAnew: false,
      hasEnded: true,
    };
    await running.start();
    const view = await TestPage.open(browser, running.url, { width: 390 });
    const texts = {
      'Samples/s': '20',
      'MB/s': '123',
      Waiting: '25 %',
      'Ready ahead': '3',
      'Cache hits': '50 %',
    };
    for (const [name, text] of Object.entries({ ...texts, 'Bound by': 'network' })) {
      const tile = view.page.getByRole('status', { name, exact: true });
      await expect.poll(() => tile.textContent()).toContain(text);
    }
    expect(view.errors).toEqual([]);
    await view.close();
    await running.stop();
  });

  test('a pinned value follows the steps', async () => {
    const view = await open('#sample=beating');
    const { width, height } = await view.pixels();
    const found = await view.probeAt(Math.round(width / 2), Math.round(height / 2));
    await view.slider('Time').fill('4');
    await view.settled();
    const [x, y] = found?.place ?? [];
    const value = Number(await view.probe.getAttribute('data-value'));
    expect(value).toBeCloseTo(100 + 4 * (x ?? Number.NaN) + (y ?? Number.NaN), 4);
    await view.page.getByText('in the file').waitFor();
    await view.close();
  });
});
