import { Command, CommanderError, type Help, type Option } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { ExitCode, exitCodeOf } from './exit-code.ts';
import { note, reportError, setLoudness, showBlock, warn } from './output.ts';
import { fillIn } from './settings.ts';
import { UsageError } from './usage-error.ts';

/** A command, which is loaded only when it is asked for: `--help` needs no more than this. */
interface CommandEntry {
  readonly name: string;
  readonly about: string;
  load(): Promise<(signal: AbortSignal) => Command>;
}

const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'demo',
    about: 'make a small synthetic data set and stream it',
    load: async () => (await import('./commands/demo.ts')).demoCommand,
  },
  {
    name: 'ls',
    about: 'list the samples of a source with their metadata',
    load: async () => (await import('./commands/list.ts')).listCommand,
  },
  {
    name: 'info',
    about: 'say what mesh files hold: encoding, cells, arrays with their ranges',
    load: async () => (await import('./commands/info.ts')).infoCommand,
  },
  {
    name: 'render',
    about: 'draw the surface of a mesh, coloured by one of its arrays, as PNG or in the terminal',
    load: async () => (await import('./commands/render.ts')).renderCommand,
  },
  {
    name: 'convert',
    about: 'write a mesh in another encoding, as its outer surface, or as a graph',
    load: async () => (await import('./commands/convert.ts')).convertCommand,
  },
  {
    name: 'get',
    about: 'download samples of a source, into a folder or the cache',
    load: async () => (await import('./commands/get.ts')).getCommand,
  },
  {
    name: 'stream',
    about: 'stream the meshes of a source in batches',
    load: async () => (await import('./commands/stream.ts')).streamCommand,
  },
  {
    name: 'cache',
    about: 'look after the cache: ls, stats, verify, prune, clear',
    load: async () => (await import('./commands/cache.ts')).cacheCommand,
  },
  {
    name: 'doctor',
    about: 'look, step by step, whether a source can be reached and files can be kept',
    load: async () => (await import('./commands/doctor.ts')).doctorCommand,
  },
  {
    name: 'bench',
    about: 'measure how fast a source comes in batches, and what holds it up',
    load: async () => (await import('./commands/bench.ts')).benchCommand,
  },
];

const interrupt = new AbortController();
let interruptedWith: number | undefined;
for (const [signal, code] of [
  ['SIGINT', ExitCode.Interrupted],
  ['SIGTERM', 143],
] as const) {
  process.on(signal, () => {
    // Whoever asks twice does not want to wait until things are tidied up.
    if (interruptedWith !== undefined) process.exit(code);
    interruptedWith = code;
    interrupt.abort(new Error('interrupted'));
  });
}
// Whoever reads the results may stop reading, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(ExitCode.Ok);
  throw error;
});
// Without Node's process number and advice about its own options; what it says of its own parts is not for users.
process.removeAllListeners('warning');
process.on('warning', ({ name, message }) => {
  if (name === 'VascuSimWarning' || name === 'Warning') warn(message);
});

const EXAMPLES = `
Examples:
  vascusim demo                                   a synthetic data set, streamed in batches
  vascusim info case_1.vtu                        what a file holds
  vascusim ls user/name --where 'age > 50'        samples of a dataset of the Hugging Face Hub
  vascusim stream /data/aorta -b 8 -a pressure    batches from a folder

Exit codes: 0 done, 1 some work failed, 2 usage, 3 not found, 4 no permission, 5 try again, 6 bad file, 130 interrupted`;

function outline(): Command {
  return new Command('vascusim')
    .description(
      'Streams vascular simulation data from where it lies into the loop that trains or runs a model.',
    )
    .version(manifest.version, '-V, --version', 'print the version')
    .addHelpText('after', EXAMPLES);
}

/** The options that all commands have, and their ways. */
function finish(command: Command): Command {
  command.helpOption('-h, --help', 'print this help').exitOverride().configureHelp({ optionDescription });
  if (command.parent === null) for (const each of command.commands) finish(each);
  if (command.commands.length === 0) {
    command
      .option('-q, --quiet', 'no progress, no remarks')
      .option('--verbose', 'say more: what is tried again, where an error arose');
  }
  return command;
}

/** Without the default where it says nothing to people. */
function optionDescription(this: Help, option: Option): string {
  const value: unknown = option.defaultValue;
  const isTelling = !option.negate && value !== undefined && value !== Number.POSITIVE_INFINITY;
  const choices = option.argChoices === undefined ? [] : [option.argChoices.join(', ')];
  const extra = [...choices, ...(isTelling ? [`default: ${JSON.stringify(value)}`] : [])];
  return extra.length === 0 ? option.description : `${option.description} (${extra.join('; ')})`;
}

async function makeProgram(args: readonly string[]): Promise<Command> {
  const program = outline();
  const words = args.filter((arg) => !arg.startsWith('-'));
  const wanted = words[0] === 'help' ? words[1] : words[0];
  for (const { name, about, load } of COMMANDS) {
    const command = name === wanted ? (await load())(interrupt.signal) : new Command(name).description(about);
    program.addCommand(finish(command));
  }
  program.helpOption('-h, --help', 'print this help').exitOverride();
  return program.hook('preAction', (_, command) => {
    fillIn(command);
    const { quiet, verbose } = command.opts<{ quiet?: boolean; verbose?: boolean }>();
    setLoudness(quiet === true ? 'quiet' : verbose === true ? 'verbose' : 'normal');
  });
}

/** People try; the value they gave is not repeated. */
function refuseSecretOptions(args: readonly string[]): void {
  const [, name] = /^--(password|passwd|token|otp)(?:=|$)/m.exec(args.join('\n')) ?? [];
  if (name === undefined) return;
  const instead =
    name === 'token'
      ? 'set HF_TOKEN or VASCUSIM_TOKEN'
      : name === 'otp'
        ? 'set VASCUSIM_OTP, or wait to be asked on a terminal'
        : 'set VASCUSIM_PASSWORD, or give --password-stdin or --password-command; on a terminal you are asked';
  throw new UsageError(
    `There is no option --${name}: arguments can be read by every user of this machine. Instead, ${instead}.`,
  );
}

try {
  const args = process.argv.slice(2);
  refuseSecretOptions(args);
  const program = await makeProgram(args);
  if (args.length === 0) {
    program.outputHelp({ error: true });
    process.exitCode = ExitCode.Usage;
  } else await program.parseAsync();
} catch (error) {
  showBlock([]);
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? ExitCode.Ok : ExitCode.Usage;
  else if (interruptedWith !== undefined) {
    note('interrupted');
    process.exitCode = interruptedWith;
  } else {
    const { adviceFor, inFlags } = await import('./advice.ts');
    reportError(error, error instanceof UsageError ? (message) => message : inFlags, adviceFor(error));
    process.exitCode = exitCodeOf(error);
  }
}
