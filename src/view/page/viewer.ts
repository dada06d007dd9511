import type { SampleDescription, ViewSession } from '../view-protocol.ts';
import { formatLink, formatShown, type Link, parseLink } from './link.ts';
import { type LoadedScene, loadScene } from './load-scene.ts';
import { SampleListing } from './page-samples.ts';
import type { Picture } from './picture.ts';
import { cameraOf } from './placement.ts';
import { Probing } from './probing.ts';
import { type ColourScale, findColourScale } from './value-scale.ts';
import { ServerGoneError, ViewClient, ViewRequestError } from './view-client.ts';

/** Milliseconds between changes of the address while something moves: browsers bear few. */
const ADDRESS_MS = 200;
/** Milliseconds between looks whether the server is still there, and whether it is there again. */
const HEARTBEAT_MS = 4000;
const RETURN_MS = 1000;
/** Milliseconds within which a server that is there says so. */
const ANSWER_MS = 6000;
/** Milliseconds that a step is shown at least while it plays. */
const PLAYED_STEP_MS = 80;

/** Milliseconds that a saved picture is kept for the browser to write it. */
const KEEP_PICTURE_MS = 60_000;
const SESSION_ENDED =
  'The session of this page has ended: open the address that “vascusim view” printed, with its token.';

/** Manner in which a change is written to the address: a step back of its own, or part of a movement. */
export type ChangeKind = 'step' | 'movement';

/** Viewer: what is asked for, what is drawn of it, and what is on its way. The page shows it, and tells it what to do. */
export class Viewer {
  readonly client: ViewClient = new ViewClient();
  readonly listing: SampleListing;
  readonly probing: Probing;
  readonly #main: HTMLElement;
  readonly #listeners = new Set<() => void>();
  #picture: Picture | undefined;
  #canvas: HTMLCanvasElement | undefined;
  #session: ViewSession | undefined;
  #link: Link;
  #linkFaults: readonly string[];
  #description: SampleDescription | undefined;
  #scene: LoadedScene | undefined;
  #failure: string | undefined;
  #isGone = false;
  #isLost = false;
  #isPlaying = false;
  #ahead: -1 | 0 | 1 | undefined;
  #isLoading = false;
  #onIdle: () => void = () => undefined;
  #loading: { readonly controller: AbortController; readonly key: string } | undefined;
  #movement: ReturnType<typeof setTimeout> | undefined;
  #lastMovement = '';

  /**
   * @param main - element that is busy while something newer is on its way
   */
  constructor(main: HTMLElement) {
    this.#main = main;
    const { link, faults } = parseLink(location.hash);
    this.#link = link;
    this.#linkFaults = faults;
    this.listing = new SampleListing(
      this.client,
      () => this.#changed(),
      (error) => this.#failed(error),
    );
    this.probing = new Probing(this.client, () => this.#changed());
    const moved = (): void => this.#follow();
    addEventListener('popstate', moved);
    addEventListener('hashchange', moved);
  }

  get session(): ViewSession | undefined {
    return this.#session;
  }

  get link(): Link {
    return this.#link;
  }

  /** Sample that is chosen, as soon as it is known. */
  get description(): SampleDescription | undefined {
    return this.#description;
  }

  get scene(): LoadedScene | undefined {
    return this.#scene;
  }

  get isPlaying(): boolean {
    return this.#isPlaying;
  }

  /** Id of the sample that is asked for. */
  get sample(): string | undefined {
    return this.#link.sample ?? this.#description?.id ?? this.listing.firstId;
  }

  /** Sentences on what is wrong. */
  get faults(): readonly string[] {
    return [
      ...(this.#isGone
        ? [
            'The server does not answer. It has ended, or the line to it is cut: start “vascusim view” again, or wait; this page goes on by itself when it is back.',
          ]
        : []),
      ...(this.#picture !== undefined && !this.#picture.isAble
        ? [
            this.#isLost
              ? 'The graphics processor was taken away from this page; it draws again when it is given back.'
              : 'This browser has no WebGL2, which pictures are drawn with: turn hardware acceleration on, or use another browser. Lists, metadata and links work.',
          ]
        : []),
      ...(this.#failure === undefined ? [] : [this.#failure]),
      ...this.#linkFaults,
      ...(this.#scene?.faults ?? []),
      ...this.#rangeFaults(),
    ];
  }

  /** Scale of the colours that are shown; undefined where the mesh is plain, or no value has a place on it. */
  get scale(): ColourScale | undefined {
    const scene = this.#scene;
    if (scene === undefined || scene.parts.every(({ values }) => values === undefined)) return undefined;
    const { range, isLog } = this.#link;
    return findColourScale(
      scene.known,
      typeof range === 'object' ? range : undefined,
      isLog,
      scene.isDifference,
    );
  }

  /** Calls a listener after each change; returns the function that ends that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes the canvas that pictures are drawn into. */
  attach(canvas: HTMLCanvasElement, makePicture: typeof Picture): Picture {
    this.#canvas = canvas;
    this.#picture = new makePicture(
      canvas,
      (isWhole) => this.#drawn(isWhole),
      (isLost) => {
        this.#isLost = isLost;
        this.#changed();
      },
    );
    this.probing.picture = this.#picture;
    return this.#picture;
  }

  /** Begins: asks who the server is, for the list, and for what the link says. */
  async start(): Promise<void> {
    this.#busy(true);
    try {
      this.#session = await this.client.session();
      this.#changed();
      document.title = `${this.#session.source} – VascuSim`;
      if (this.#session.samples > 0) {
        void this.listing.filter('');
        // A link that names its sample does not wait for the list.
        this.#load();
      } else this.#busy(false);
    } catch (error) {
      this.#failed(error);
      this.#busy(false);
    }
    setTimeout(() => void this.#beat(), HEARTBEAT_MS);
  }

  /** Changes what is asked for. */
  change(patch: Partial<Link>, kind: ChangeKind = 'step'): void {
    this.#linkFaults = [];
    this.#link = { ...this.#link, ...patch };
    this.#write(kind, Object.keys(patch).join());
    this.#apply();
  }

  /** Chooses a sample. The camera stays only where another one was compared with it. */
  choose(sample: string): void {
    if (sample === this.#link.sample) return;
    this.stop();
    this.change({ sample, step: 0, camera: undefined });
  }

  /** Sets the camera while it moves. */
  moveCamera(camera: Link['camera']): void {
    this.#linkFaults = [];
    const wasMoved = this.#link.camera !== undefined;
    this.#link = { ...this.#link, camera };
    this.#write('movement', 'camera');
    this.#show();
    if (!wasMoved) this.#changed();
    this.#picture?.move();
    this.#busy(true);
  }

  /** Computes the camera by which is looked now. */
  currentCamera(): NonNullable<Link['camera']> | undefined {
    const first = this.#scene?.parts[0];
    const placement = this.#picture?.placements[0];
    if (this.#link.camera !== undefined) return this.#link.camera;
    return first === undefined || placement === undefined ? undefined : cameraOf(placement, first.whole);
  }

  /** Number of steps that the sample has. */
  get numSteps(): number {
    return this.#description?.steps.length ?? 0;
  }

  /** Goes some steps on, round at the end. */
  stepBy(by: -1 | 1): void {
    const count = this.numSteps;
    if (count === 0) return;
    this.stop();
    this.change({ step: Math.min(count - 1, Math.max(0, this.#link.step + by)) }, 'movement');
  }

  async play(): Promise<void> {
    if (this.#isPlaying || this.numSteps < 2) return;
    this.#isPlaying = true;
    this.#ahead = 1;
    this.#changed();
    while (this.#isPlaying) {
      const begin = performance.now();
      this.change({ step: (this.#link.step + 1) % Math.max(1, this.numSteps) }, 'movement');
      await this.#settled();
      if (this.#failure !== undefined || this.#isGone) this.stop();
      this.#fetchNext();
      const left = PLAYED_STEP_MS - (performance.now() - begin);
      if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
    }
  }

  stop(): void {
    if (!this.#isPlaying) return;
    this.#isPlaying = false;
    this.#ahead = undefined;
    this.#changed();
  }

  /** Saves the picture as it is; returns the name of the file. */
  async savePicture(): Promise<string> {
    if (this.#picture === undefined) throw new Error('There is no picture.');
    const name = `${(this.#scene?.parts[0]?.sample ?? 'view').replaceAll(/[^\w.-]+/g, '_')}.png`;
    const address = URL.createObjectURL(await this.#picture.save());
    const anchor = document.createElement('a');
    anchor.href = address;
    anchor.download = name;
    anchor.click();
    setTimeout(() => URL.revokeObjectURL(address), KEEP_PICTURE_MS);
    return name;
  }

  /** Link to what is drawn now, for somebody else; it holds no token. */
  get address(): string {
    return `${location.origin}${location.pathname}#${this.#canvas?.dataset['shown'] ?? formatLink(this.#link)}`;
  }

  /** Waits for the list to say which sample is the first one. */
  async #firstSample(): Promise<string | undefined> {
    while (this.listing.firstId === undefined) {
      if (!this.listing.isLoading || this.#isGone || this.#failure !== undefined) return undefined;
      await new Promise<void>((resolve) => {
        const end = this.subscribe(() => {
          end();
          resolve();
        });
      });
    }
    return this.listing.firstId;
  }

  /** Reads the address again, where somebody went back or forward, or wrote another one. */
  #follow(): void {
    const { link, faults } = parseLink(location.hash);
    if (formatLink(link) === formatLink(this.#link)) return;
    this.#link = link;
    this.#linkFaults = faults;
    this.#apply();
  }

  #write(kind: ChangeKind, what: string): void {
    clearTimeout(this.#movement);
    const address = (): string => `#${formatLink(this.#link)}`;
    if (kind === 'step') {
      this.#lastMovement = '';
      if (address() !== location.hash) history.pushState(null, '', address());
      return;
    }
    // A movement is one step back, however long it takes.
    if (this.#lastMovement !== what) history.pushState(null, '', address());
    this.#lastMovement = what;
    this.#movement = setTimeout(() => history.replaceState(null, '', address()), ADDRESS_MS);
  }

  #apply(): void {
    this.#busy(true);
    if (this.#loading !== undefined && this.#loading.key === keyOf(this.#link)) {
      this.#show();
      this.#changed();
      return;
    }
    this.#load();
  }

  #load(): void {
    const controller = new AbortController();
    const before = this.#loading?.controller;
    this.#loading = { controller, key: keyOf(this.#link) };
    this.#isLoading = true;
    this.#busy(true);
    const context = {
      client: this.client,
      firstSample: () => this.#firstSample(),
      ahead: this.#ahead,
      onDescribed: (description: SampleDescription): void => {
        if (controller.signal.aborted) return;
        this.#description = description;
        this.#changed();
      },
    };
    loadScene(this.#link, context, controller.signal).then(
      (scene) => {
        if (controller.signal.aborted) return;
        this.#failure = undefined;
        this.#isGone = false;
        this.#scene = scene;
        this.#settle();
      },
      (error: unknown) => {
        if (controller.signal.aborted) return;
        // The picture of something else would mislead; while the server is gone it stays.
        if (!(error instanceof ServerGoneError)) this.#scene = undefined;
        // Asking for the same once more tries again.
        this.#loading = undefined;
        this.#failed(error);
        this.#settle();
      },
    );
    before?.abort(new DOMException('Something else is shown', 'AbortError'));
    this.#changed();
  }

  #settle(): void {
    this.#isLoading = false;
    this.#show();
    this.#changed();
    if (this.#picture?.isAble !== true) this.#busy(false);
  }

  /** Hands what is there to the picture. */
  #show(): void {
    const scene = this.#scene;
    if (this.#picture === undefined) return;
    this.#picture.content = scene === undefined ? undefined : { scene, link: this.#link, scale: this.scale };
    this.probing.follow(scene);
  }

  #drawn(isWhole: boolean): void {
    const canvas = this.#canvas;
    if (canvas === undefined) return;
    const shown = this.#shownFragment();
    if (shown === undefined) delete canvas.dataset['shown'];
    else canvas.dataset['shown'] = shown;
    if (isWhole && !this.#isLoading) this.#busy(false);
    this.probing.place();
  }

  /** Writes what is drawn: what was loaded, with the look that is asked for now. */
  #shownFragment(): string | undefined {
    const scene = this.#scene;
    const [first] = scene?.parts ?? [];
    if (scene === undefined || first === undefined) return undefined;
    const { asked } = scene;
    const isCompared = scene.parts.length > 1 || scene.isDifference;
    const { range } = this.#link;
    const link = {
      ...this.#link,
      component: scene.component,
      range: typeof range === 'object' || typeof asked.range === 'object' ? range : asked.range,
      slice: asked.slice,
      compare: isCompared ? asked.compare : undefined,
      isDifference: scene.isDifference,
    };
    return formatShown(link, first.sample, first.array?.name ?? '', scene.step);
  }

  #busy(isBusy: boolean): void {
    const text = String(isBusy);
    if (this.#main.getAttribute('aria-busy') !== text) this.#main.setAttribute('aria-busy', text);
    if (!isBusy) this.#onIdle();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  #failed(error: unknown): void {
    const isRefused = error instanceof ViewRequestError && error.fault.code === 'TOKEN';
    this.#isGone = error instanceof ServerGoneError;
    if (isRefused) this.#failure = SESSION_ENDED;
    else if (!this.#isGone) this.#failure = error instanceof Error ? error.message : String(error);
    this.#changed();
  }

  /** Waits until all that is asked for is drawn. */
  async #settled(): Promise<void> {
    while (this.#main.getAttribute('aria-busy') === 'true')
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
  }

  /** Asks for the next step while this one is looked at. */
  #fetchNext(): void {
    const [first] = this.#scene?.parts ?? [];
    if (!this.#isPlaying || first?.wish?.step === undefined || this.#link.slice !== undefined) return;
    const step = (first.wish.step + 1) % this.numSteps;
    this.client.values({ ...first.wish, step }, this.#ahead).catch(() => undefined);
  }

  /** Looks whether the server is there: says when it is not, and goes on when it is there again. */
  async #beat(): Promise<void> {
    try {
      if (document.hidden && !this.#isGone) return;
      const session = await this.client.session(AbortSignal.timeout(ANSWER_MS));
      const isOther = session.session !== this.#session?.session;
      if (isOther) {
        this.client.clear();
        this.#session = session;
        void this.listing.filter(this.listing.listed.filter);
      }
      if (this.#isGone || isOther) {
        this.#isGone = false;
        this.#failure = undefined;
        this.#load();
      }
    } catch (error) {
      const isLate = error instanceof DOMException && error.name === 'TimeoutError';
      if (isLate) this.#failed(new ServerGoneError(error));
      else if (error instanceof ServerGoneError || error instanceof ViewRequestError) this.#failed(error);
    } finally {
      setTimeout(() => void this.#beat(), this.#isGone ? RETURN_MS : HEARTBEAT_MS);
    }
  }

  #rangeFaults(): readonly string[] {
    const { range, isLog } = this.#link;
    if (!isLog || typeof range !== 'object' || range[0] > 0) return [];
    return ['A logarithmic scale begins above 0: set Low to a positive number.'];
  }
}

/** Writes what has to be loaded for a link; all else is only drawn otherwise. */
function keyOf({ sample, field, component, step, range, slice, compare, isDifference }: Link): string {
  const isAll = range === 'all';
  return JSON.stringify([sample, field, component, step, isAll, slice, compare, isDifference]);
}
