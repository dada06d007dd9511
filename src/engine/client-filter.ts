import { writeJson } from '../data.ts';

type SamplesOf = typeof import('../data.ts').VascuDataset.prototype['samples'];
type Sample = SamplesOf[number];

/** Characters of the samples in one message; one sample may have more. */
const PAGE_CHARACTERS = 2 ** 20;

/** Function of the client that says of the samples of a page, in turn, whether they belong. */
type AskPage = (page: readonly object[]) => Promise<unknown>;

/** Page of samples as clients get them, and where the next one begins. */
interface ClientPage {
  readonly samples: readonly object[];
  readonly next: number;
}

/** Takes a page of samples, from one of them on. */
export function takePage(samples: readonly Sample[], first: number): ClientPage {
  const page: object[] = [];
  let next = first;
  for (let characters = 0; next < samples.length && characters < PAGE_CHARACTERS; next++) {
    const told = describe(samples[next] as Sample);
    page.push(told);
    characters += charactersOf(told);
  }
  return { samples: page, next };
}

/** Makes the filter of a dataset of a function of the client: what is known of samples goes there in pages. */
export function makeClientFilter(ask: AskPage): () => never {
  const one = (): never => {
    throw new TypeError('A filter of a client is asked of pages of samples.');
  };
  return Object.assign(one, {
    async askAll(samples: Iterable<Sample>): Promise<readonly boolean[]> {
      const answers: boolean[] = [];
      let page: object[] = [];
      let characters = 0;
      const askPage = async (): Promise<void> => {
        const said = await ask(page);
        if (!Array.isArray(said) || said.length !== page.length)
          throw new TypeError('The filter of the client has not said of each sample whether it belongs.');
        answers.push(...said.map(Boolean));
        [page, characters] = [[], 0];
      };
      for (const sample of samples) {
        const told = describe(sample);
        page.push(told);
        characters += charactersOf(told);
        if (characters >= PAGE_CHARACTERS) await askPage();
      }
      if (page.length > 0) await askPage();
      return answers;
    },
  });
}

/** Describes a sample as clients get it, all but its files; one that a filter is offered makes what is asked of it. */
function describe(sample: Sample): Omit<Sample, 'files'> {
  const { id, path, size, metadata, parts, captures, series, steps, times } = sample;
  return { id, path, size, metadata, parts, captures, series, steps, times };
}

function charactersOf({ path, parts, metadata }: Omit<Sample, 'files'>): number {
  return path.length + writeJson({ ...parts, ...metadata }).length;
}
