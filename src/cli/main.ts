import { Command, CommanderError } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { convertCommand } from './commands/convert.ts';
import { demoCommand } from './commands/demo.ts';
import { infoCommand } from './commands/info.ts';
import { renderCommand } from './commands/render.ts';
import { streamCommand } from './commands/stream.ts';
import { ExitCode, exitCodeOf } from './exit-code.ts';
import { note, reportError } from './output.ts';

const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort(new Error('interrupted')));
// Whoever reads the results may stop reading, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(ExitCode.Ok);
  throw error;
});

const program = new Command('vascusim')
  .description(
    'Streams vascular simulation data from where it lies into the loop that trains or runs a model.',
  )
  .version(manifest.version, '-V, --version', 'print the version')
  .helpOption('-h, --help', 'print this help')
  .option('--verbose', 'print where an error arose')
  .addCommand(demoCommand(interrupt.signal))
  .addCommand(infoCommand(interrupt.signal))
  .addCommand(renderCommand(interrupt.signal))
  .addCommand(convertCommand(interrupt.signal))
  .addCommand(streamCommand(interrupt.signal))
  .addHelpText(
    'after',
    `
Examples:
  vascusim demo                                a synthetic data set, streamed in batches
  vascusim info case_1.vtu                     what a file holds
  vascusim stream /data/aorta -b 8 -a pressure batches from a folder

Exit codes: 0 done, 1 some work failed, 2 usage, 3 not found, 4 no permission, 5 try again, 6 bad file, 130 interrupted`,
  );
for (const command of [program, ...program.commands]) command.exitOverride();

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? ExitCode.Ok : ExitCode.Usage;
  else if (interrupt.signal.aborted) {
    note('interrupted');
    process.exitCode = ExitCode.Interrupted;
  } else {
    reportError(error, program.opts<{ verbose?: boolean }>().verbose === true);
    process.exitCode = exitCodeOf(error);
  }
}
