import { describe, expect, test } from 'vitest';
import { WorkerGrowth } from '../../src/threads/worker-growth.ts';

/** Times of a loop, milliseconds. */
interface Loop {
  readonly samples: number;
  /** Time that decoding a sample takes. */
  readonly decodeMs: number;
  /** Time that the loop's body takes for a sample. @defaultValue 0 */
  readonly bodyMs?: number;
  /** Time after which the files of the next sample are here. @defaultValue 0 */
  readonly fetchMs?: number;
  /** Number of threads that decode at a time, however many there are. @defaultValue any */
  readonly processors?: number;
}

const START_MS = 60;

/** Loop over samples as a loader of batches of one runs it, with a clock of its own and nothing real behind it. */
class Simulation {
  now = 0;
  readonly growth: WorkerGrowth;
  readonly counts: number[] = [];

  constructor(most: number, helps = false) {
    this.growth = new WorkerGrowth({ most, helps, now: () => this.now });
  }

  /** Runs an epoch, and gives the time it took. */
  run({ samples, decodeMs, bodyMs = 0, fetchMs = 0, processors = Infinity }: Loop): number {
    const { growth } = this;
    const begun = this.now;
    growth.begin(samples);
    let fetched = 0;
    const running: { left: number; readonly place: 'here' | 'thread' }[] = [];
    let ready = 0;
    let consumed = 0;
    let bodyLeft = 0;
    let startLeft = 0;
    let known = growth.threads;
    for (let tick = 0; consumed < samples && tick < 1e6; tick++) {
      this.now++;
      if (growth.threads > known) startLeft = START_MS;
      known = growth.threads;
      if (startLeft > 0 && --startLeft === 0) growth.start();
      const started = known - (startLeft > 0 ? 1 : 0);
      const lanes = started === 0 ? 1 : started + (growth.isHelping ? 1 : 0);
      const ahead = 2 * Math.max(1, known + 1);
      const inHand = Math.min(
        fetchMs === 0 ? samples : Math.floor((this.now - begun) / fetchMs),
        consumed + 1 + ahead,
        samples,
      );
      fetched = Math.max(fetched, inHand);
      const waiting = fetched - consumed - ready;
      while (running.length < Math.min(lanes, waiting))
        running.push({ left: decodeMs, place: started > 0 && running.length < started ? 'thread' : 'here' });
      growth.hold(waiting);
      for (const job of running) job.left -= Math.min(1, processors / running.length);
      for (const job of running.filter(({ left }) => left <= 0)) {
        running.splice(running.indexOf(job), 1);
        ready++;
        growth.decode(decodeMs, job.place);
        growth.hold(fetched - consumed - ready);
      }
      if (bodyLeft > 0 && --bodyLeft > 0) continue;
      if (ready > 0) {
        ready--;
        consumed++;
        growth.handOut();
        bodyLeft = bodyMs;
      }
      if (bodyLeft === 0) growth.ask();
      this.counts.push(growth.threads);
    }
    return this.now - begun;
  }
}

describe('threads are added', () => {
  test('one after the other while the loop waits for decoding, up to the most', () => {
    const simulation = new Simulation(3);
    simulation.run({ samples: 300, decodeMs: 40 });
    expect(simulation.growth.threads).toBe(3);
    expect(simulation.counts[0]).toBe(0);
    const steps = simulation.counts.map((count, at) => count - (simulation.counts[at - 1] ?? 0));
    expect(Math.max(...steps)).toBe(1);
  });

  test('soon: an epoch takes hardly longer than with all of them from the first sample on', () => {
    const took = new Simulation(2).run({ samples: 100, decodeMs: 100 });
    expect(took).toBeLessThan(1.1 * ((100 / 2) * 100));
  });

  test('only as many as there are processors beside the calling thread where that helps', () => {
    const simulation = new Simulation(2, true);
    simulation.run({ samples: 300, decodeMs: 40, processors: 2 });
    expect(simulation.growth).toMatchObject({ threads: 1, isHelping: true });
  });

  test('in a later epoch where one is too short to be worth it', () => {
    const simulation = new Simulation(2);
    const epochs: number[] = [];
    for (let epoch = 0; epoch < 12; epoch++) {
      simulation.run({ samples: 6, decodeMs: 40 });
      epochs.push(simulation.growth.threads);
    }
    expect(epochs[0]).toBe(0);
    expect(epochs.at(-1)).toBeGreaterThan(0);
  });
});

describe('no thread is added', () => {
  test.each<[string, Loop]>([
    ['few samples remain', { samples: 15, decodeMs: 10 }],
    ['the loop waits for files', { samples: 500, decodeMs: 20, fetchMs: 40 }],
    ['its body takes longer than decoding', { samples: 500, decodeMs: 20, bodyMs: 40 }],
    ['samples are as cheap to decode as to hand over', { samples: 5000, decodeMs: 1 }],
  ])('where %s', (_, loop) => {
    const simulation = new Simulation(4, true);
    simulation.run(loop);
    expect(Math.max(...simulation.counts)).toBe(0);
  });

  test('where there may be none', () => {
    const simulation = new Simulation(0);
    simulation.run({ samples: 300, decodeMs: 40 });
    expect(simulation.growth.threads).toBe(0);
  });

  test('where no more could be started', () => {
    const simulation = new Simulation(4, true);
    simulation.growth.limit(1);
    simulation.run({ samples: 300, decodeMs: 40 });
    expect(simulation.growth.threads).toBe(1);
  });
});

describe('threads are taken away', () => {
  test('when the loop waits for something else, and come back when it waits for decoding again', () => {
    const simulation = new Simulation(3);
    simulation.run({ samples: 300, decodeMs: 40 });
    simulation.run({ samples: 300, decodeMs: 40, bodyMs: 60 });
    expect(simulation.growth.threads).toBe(2);
    simulation.run({ samples: 300, decodeMs: 2, bodyMs: 150 });
    expect(simulation.growth.threads).toBe(0);
    simulation.run({ samples: 300, decodeMs: 40 });
    expect(simulation.growth.threads).toBe(3);
  });

  test('when they bring nothing, since no processor is free for them', () => {
    const simulation = new Simulation(8);
    simulation.run({ samples: 200, decodeMs: 40, processors: 2 });
    expect(simulation.growth.threads).toBeLessThanOrEqual(3);
    expect(simulation.growth.threads).toBeGreaterThanOrEqual(2);
  });
});
