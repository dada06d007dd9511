import { globSync, readFileSync } from 'node:fs';

/** The pages of the repository: those of the guide, and those that stand beside the code. */
export const pages: readonly string[] = [
  ...globSync('*.md'),
  ...globSync('{bench,examples}/*.md'),
  ...globSync('docs/*.md'),
  ...globSync('docs/{guide,sources,decisions}/**/*.md'),
].toSorted();

/** A page as its author wrote it. */
export function readPage(page: string): string {
  return readFileSync(page, 'utf8');
}

/** A block of code. */
export interface CodeBlock {
  /** File and line, for messages. */
  readonly place: string;
  readonly language: string;
  readonly code: string;
  /** What a comment `<!-- given … -->` before it declares: not shown, but needed to check it. */
  readonly given: string;
}

export function findCodeBlocks(page: string): CodeBlock[] {
  const text = readPage(page);
  const blocks = text.matchAll(
    /^(?:<!-- given\n(?<given>[^]*?)\n-->\n)?```(?<language>\S*)[^\n]*\n(?<code>[^]*?)\n```$/gm,
  );
  return [...blocks].map(({ groups, index }) => ({
    place: `${page}:${text.slice(0, index).split('\n').length}`,
    language: groups?.['language'] ?? '',
    code: groups?.['code'] ?? '',
    given: groups?.['given'] ?? '',
  }));
}

/** The programs and other files that a page shows. */
export function findShownFiles(page: string): string[] {
  return [...readPage(page).matchAll(/^<<< @\/(\S+)$/gm)].map(([, path = '']) => path);
}

/** Where the links and pictures of a page lead. */
export function findLinks(page: string): string[] {
  const prose = readPage(page)
    .replaceAll(/```[^]*?```/g, '')
    .replaceAll(/`[^`\n]*`/g, 'code');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g), ...prose.matchAll(/(?:src|href)="([^"]+)"/g)].map(
    ([, target = '']) => target,
  );
}

/** What `#…` may name in a page. */
export function findAnchors(page: string): Set<string> {
  const text = readPage(page).replaceAll(/```[^]*?```/g, '');
  const headings = [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} -]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}
