import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeVessel } from '../../../src/cli/demo/vessel.ts';
import { StreamingVascuDataset } from '../../../src/data.ts';
import { readMesh, renderMesh, writeMesh } from '../../../src/mesh.ts';
import type { RunningView } from '../../../src/view/start-view.ts';
import { startView } from '../../../src/view/start-view.ts';
import { describeWithVtk, runVtk } from '../../vtk/vtk-python.ts';
import { buildPage, describeWithBrowser, openBrowser, type Probe, TestPage } from './open-browser.ts';

/** Vessel whose values and places are those of the file that the server reads. */
const vessel = { radius: 0.35, stenosis: 0.3, meanVelocity: 25, time: 0.1, resolution: 8 };

describeWithBrowser('page of view over its own server', () => {
  let built: Awaited<ReturnType<typeof buildPage>>;
  let browser: Browser;
  let folder: string;
  let view: RunningView;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vascusim-view-'));
    await writeMesh(join(folder, 'one.vtu'), makeVessel(vessel));
    await writeMesh(join(folder, 'two.vtu'), makeVessel({ ...vessel, meanVelocity: 40 }));
    await writeFile(join(folder, 'one.json'), JSON.stringify({ age: 61, units: { pressure: 'mmHg' } }));
    [built, browser] = await Promise.all([buildPage(), openBrowser()]);
    view = await startView({
      port: 0,
      version: '0',
      title: 'vessels',
      thumbnails: 'off',
      report: undefined,
      pageFolder: built.folder,
      open: () => StreamingVascuDataset.open({ sourceUrl: folder, prefetch: false }),
      chooseArray: () => 'pressure',
      unitOf: () => undefined,
    });
  });
  afterAll(async () => {
    await browser.close();
    await view[Symbol.asyncDispose]();
    await built.remove();
    await rm(folder, { recursive: true, force: true });
  });
  const open = (fragment: string): Promise<TestPage> => TestPage.open(browser, `${view.url}${fragment}`);

  test('the token leaves the address, and no link has it', async () => {
    const page = await open('#field=pressure');
    expect(page.page.url()).toBe(`http://127.0.0.1:${view.port}/#field=pressure`);
    expect((await page.shown()).toString()).toBe('sample=one&field=pressure&step=0');
    expect(page.errors).toEqual([]);
    await page.close();
  });

  test('the picture is that of render: its outline, and its colours', async () => {
    const page = await open('#view=front&light=0&field=pressure');
    const { width, height, data } = await page.pixels();
    const mesh = await readMesh(join(folder, 'one.vtu'));
    const drawn = renderMesh(mesh, {
      attribute: 'pressure',
      view: 'front',
      lighting: false,
      scalarBar: false,
      width,
      height,
    });
    let [both, either, difference] = [0, 0, 0];
    for (let pixel = 0; pixel < width * height; pixel++) {
      const ours = [0, 1, 2].map((channel) => data[4 * pixel + channel] as number);
      const its = [0, 1, 2].map((channel) => drawn.data[4 * pixel + channel] as number);
      const isOurs = ours.some((value) => value !== 255);
      const isIts = its.some((value) => value !== 255);
      if (isOurs || isIts) either++;
      if (!isOurs || !isIts) continue;
      both++;
      difference += Math.hypot(...ours.map((value, channel) => value - (its[channel] as number)));
    }
    expect(both / either).toBeGreaterThan(0.97);
    expect(difference / both).toBeLessThan(8);
    await page.close();
  });

  describeWithVtk('and real VTK', () => {
    const probes = async (page: TestPage): Promise<readonly Probe[]> => {
      const { width, height, data } = await page.pixels();
      const found: Probe[] = [];
      // Places that are drawn on, spread over the picture.
      for (let at = 0; found.length < 12 && at < 4000; at++) {
        const x = Math.floor(width * ((at * 0.618_034) % 1));
        const y = Math.floor(height * ((at * 0.754_878) % 1));
        if (data[4 * (y * width + x)] === 255 && data[4 * (y * width + x) + 2] === 255) continue;
        const probe = await page.probeAt(x, y);
        if (probe !== undefined) found.push(probe);
      }
      return found;
    };
    const ask = (
      kind: 'surface' | 'volume',
      array: string,
      component: number,
      found: readonly Probe[],
      file = 'one.vtu',
    ): readonly { readonly value: number; readonly distance: number }[] =>
      runVtk(
        'probe_oracle.py',
        join(folder, file),
        kind,
        array,
        String(component),
        JSON.stringify(found.map(({ place }) => place)),
      ) as readonly { readonly value: number; readonly distance: number }[];

    test.each([
      ['a surface', '#field=pressure', 'surface', 'pressure', -1, 2],
      ['a component', '#field=velocity&component=x', 'surface', 'velocity', 0, 40],
      ['a slice', '#field=pressure&slice=0.2,1,0,0.05&view=front', 'volume', 'pressure', -1, 2],
    ] as const)('probes of %s say what VTK finds there', async (_, link, kind, array, component, span) => {
      const page = await open(link);
      const found = await probes(page);
      expect(found.length).toBeGreaterThan(6);
      for (const [at, { value, distance }] of ask(kind, array, component, found).entries()) {
        expect(Math.abs(value - (found[at]?.value ?? Number.NaN))).toBeLessThan(1e-5 * span);
        expect(distance).toBeLessThan(1e-5);
      }
      await page.close();
    });

    test('probes of a difference say what VTK finds in both files', async () => {
      const page = await open('#sample=two&field=pressure&compare=one&show=difference');
      const found = await probes(page);
      expect(found.length).toBeGreaterThan(6);
      const ours = ask('surface', 'pressure', -1, found, 'two.vtu');
      for (const [at, { value }] of ask('surface', 'pressure', -1, found).entries())
        expect((ours[at]?.value ?? Number.NaN) - value).toBeCloseTo(found[at]?.value ?? Number.NaN, 4);
      await page.close();
    });
  });
});
