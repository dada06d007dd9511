import { expect, test } from 'vitest';
import { makeCli } from '../cli/run-cli.ts';
import { findCodeBlocks, pages, readPage } from './markdown.ts';

const page = readPage('docs/guide/command-line.md');

test('the page of the command line has every command, and no other', async () => {
  const { run } = await makeCli();
  const { stdout } = await run(['--help']);
  const [, list = ''] = /Commands:\n([^]*?)\n\n/.exec(stdout) ?? [];
  const commands = [...list.matchAll(/^ {2}(\w+)/gm)]
    .map(([, name]) => name)
    .filter((name) => name !== 'help');
  expect(commands.length).toBeGreaterThan(2);
  const rows = [...page.matchAll(/^\| `(\w+)` \| /gm)].map(([, name]) => name);
  expect(rows).toEqual(commands);
});

test('every option that a page shows with a command is one of that command', async () => {
  const { run } = await makeCli();
  const lines = pages
    .flatMap((each) => findCodeBlocks(each))
    .filter(({ language }) => language === 'sh')
    .flatMap(({ code }) => code.split('\n'))
    .map((line) => line.replace(/#.*$/, ''));
  const helps = new Map<string, Promise<{ readonly stdout: string }>>();
  let checked = 0;
  for (const line of lines) {
    const [, command, rest = ''] = /^npx vascusim (\w+)(.*)$/.exec(line) ?? [];
    const options = [...rest.replaceAll(/'[^']*'/g, '').matchAll(/ (--?[a-z][\w-]*)/g)].map(
      ([, name]) => name,
    );
    if (command === undefined || options.length === 0) continue;
    const help = helps.get(command) ?? run([command, '--help']);
    helps.set(command, help);
    const { stdout } = await help;
    for (const option of options) expect(stdout, line).toMatch(new RegExp(`(?:^|[ ,])${option}[ ,<\n]`, 'm'));
    checked += options.length;
  }
  expect(checked).toBeGreaterThan(10);
});
