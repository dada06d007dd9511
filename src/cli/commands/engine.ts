import { Command } from 'commander';

/** Makes the command `vascusim engine`, which serves a program in another language over standard input and output. */
export function engineCommand(): Command {
  return new Command('engine')
    .description('serve a program in another language, such as the Python package')
    .addHelpText(
      'after',
      `
It speaks frames over its standard input and output and ends with its input; docs/guide/engine.md describes them.
Nothing has to be typed: the Python package starts it by itself.`,
    )
    .action(async () => {
      const { serveEngine } = await import('../../engine/serve.ts');
      await serveEngine();
    });
}
