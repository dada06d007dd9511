import { Command, CommanderError, type Help, type Option } from 'commander';
import { COMMANDS } from './command-list.ts';
import { ExitCode, exitCodeOf } from './exit-code.ts';
import { noteCommand } from './options/situation.ts';
import { describeProgram } from './overview.ts';
import { note, reportError, setLoudness, showBlock, warn, widthOf } from './terminal/output.ts';
import { UsageError } from './usage-error.ts';

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
// Without Node's process number and advice about its own options; what it says of its own parts is not for users.
process.removeAllListeners('warning');
const warnings = new Set<string>();
process.on('warning', ({ name, message }) => {
  // Datasets that are opened twice have the same to say.
  if ((name !== 'VascuSimWarning' && name !== 'Warning') || warnings.has(message)) return;
  warnings.add(message);
  void import('./options/advice.ts').then(({ inFlags }) => warn(inFlags(message)));
});

/** Adds the options that all commands have, and their ways. */
function finish(command: Command): Command {
  command.helpOption('-h, --help', 'print this help').exitOverride().configureHelp({ optionDescription });
  command.configureOutput({ outputError });
  const path = [command.parent?.name() ?? [], command.name()].flat().join(' ');
  command.showHelpAfterError(`vascusim ${path} --help says more.`);
  if (command.parent === null) for (const each of command.commands) finish(each);
  if (command.commands.length === 0) {
    command
      .option('-q, --quiet', 'no progress, no remarks')
      .option('--verbose', 'say more: what is tried again, where an error arose');
  }
  return command;
}

/** Writes an error of commander's. The value behind an option that is not known may be a secret, and is cut off. */
function outputError(text: string, write: (text: string) => void): void {
  write(
    text.replace(
      /^(error: unknown option ')(?:(--[^=]*)=|(-[^-])).*('(?:\n\(Did you mean .*\?\))?\n)$/s,
      (_, begin: string, long: string | undefined, short: string | undefined, end: string) =>
        `${begin}${long ?? short}${end}`,
    ),
  );
}

/** Describes an option, without the default where it says nothing to people. */
function optionDescription(this: Help, option: Option): string {
  const value: unknown = option.defaultValue;
  const isTelling = !option.negate && value !== undefined && value !== Number.POSITIVE_INFINITY;
  const choices = option.argChoices === undefined ? [] : [option.argChoices.join(', ')];
  const extra = [...choices, ...(isTelling ? [`default: ${JSON.stringify(value)}`] : [])];
  return extra.length === 0 ? option.description : `${option.description} (${extra.join('; ')})`;
}

async function makeProgram(args: readonly string[]): Promise<Command> {
  const program = new Command('vascusim');
  program.helpInformation = () => describeProgram(widthOf(process.stdout) ?? 100);
  const words = args.filter((arg) => !arg.startsWith('-'));
  const wanted = words[0] === 'help' ? words[1] : words[0];
  for (const { name, about, load } of COMMANDS) {
    const command = name === wanted ? (await load())(interrupt.signal) : new Command(name).description(about);
    program.addCommand(finish(command));
  }
  program.helpOption('-h, --help', 'print this help').exitOverride().configureOutput({ outputError });
  program.showHelpAfterError('Options stand behind the command; vascusim --help names the commands.');
  return program.hook('preAction', async (_, command) => {
    noteCommand(command);
    const { fillIn } = await import('./options/settings.ts');
    fillIn(command);
    const { quiet, verbose } = command.opts<{ quiet?: boolean; verbose?: boolean }>();
    setLoudness(quiet === true ? 'quiet' : verbose === true ? 'verbose' : 'normal');
  });
}

/** Names that options for secrets may have. */
const SECRET_LIKE = /^--[\w-]*(?:pass|token|otp|secret|key|credential)/;

/** @throws UsageError for a secret that is given as an argument */
async function refuseSecrets(args: readonly string[]): Promise<void> {
  if (!args.some((arg) => SECRET_LIKE.test(arg))) return;
  const { refusalOfSecret } = await import('./options/secret-arguments.ts');
  const refusal = refusalOfSecret(args);
  if (refusal !== undefined) throw refusal;
}

/** Runs the command line. */
export async function runProgram(args: readonly string[]): Promise<void> {
  try {
    await refuseSecrets(args);
    const program = await makeProgram(args);
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    showBlock([]);
    if (error instanceof CommanderError)
      process.exitCode = error.exitCode === 0 ? ExitCode.Ok : ExitCode.Usage;
    else if (interruptedWith !== undefined) {
      note('interrupted');
      process.exitCode = interruptedWith;
    } else {
      const { adviceFor, asTyped, inFlags } = await import('./options/advice.ts');
      const typed = error instanceof UsageError ? error : asTyped(error);
      const word = error instanceof UsageError ? (message: string): string => message : inFlags;
      reportError(typed, word, adviceFor(typed));
      process.exitCode = exitCodeOf(typed);
    }
  }
}
