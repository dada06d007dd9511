import { styleText } from 'node:util';
import { Command } from 'commander';
import { checkMachine, checkPlace, type DoctorStep } from '../doctor-steps.ts';
import { ExitCode } from '../exit-code.ts';
import { inFlags } from '../options/advice.ts';
import { addSourceOptions, resolveSource, SOURCE_ARGUMENT } from '../options/source-options.ts';
import { harmless, isQuiet, print, printJson, printText } from '../terminal/output.ts';

/** Makes `vascusim doctor`: what works between here and the data, and what does not. */
export function doctorCommand(signal: AbortSignal): Command {
  const command = new Command('doctor')
    .description('look, step by step, whether a source can be reached and files can be kept')
    .argument('[source]', `${SOURCE_ARGUMENT}; without it only this machine is looked at`)
    .option('--json', 'one JSON document');
  return addSourceOptions(command)
    .addHelpText(
      'after',
      `
Each step is ok or FAIL, with what to do about it. The exit code is that of the first step that failed.

Examples:
  vascusim doctor
  vascusim doctor nas://192.168.1.100/sim --user biosim
  vascusim doctor hf://datasets/user/name`,
    )
    .action(
      async (given: string | undefined, flags: { readonly json?: boolean; readonly cacheDir?: string }) => {
        const hasSource = given !== undefined || command.getOptionValue('source') !== undefined;
        const place =
          hasSource || process.env['VASCUSIM_SOURCE'] ? resolveSource(command, given, signal) : undefined;
        const steps: DoctorStep[] = [];
        const show = (step: DoctorStep): void => {
          steps.push(step);
          if (flags.json !== true) printStep(step);
        };
        for await (const step of checkMachine(flags)) show(step);
        if (place !== undefined) {
          for await (const step of checkPlace(place, signal)) show(step);
        }
        const failed = steps.filter(({ ok }) => !ok);
        if (flags.json === true) printJson({ ok: failed.length === 0, source: place?.given, steps });
        else
          print(`${steps.length - failed.length} ok${failed.length > 0 ? `, ${failed.length} failed` : ''}`);
        process.exitCode = failed[0]?.exitCode ?? ExitCode.Ok;
      },
    );
}

function printStep({ name, ok, found, remedy }: DoctorStep): void {
  if (ok && isQuiet()) return;
  const stream = process.stdout;
  const mark = ok ? styleText('green', 'ok  ', { stream }) : styleText('red', 'FAIL', { stream });
  printText(`${mark}  ${name}: ${harmless(inFlags(found))}`, ' '.repeat(6));
  if (!ok && remedy !== undefined && !found.includes(remedy)) {
    printText(`      ${styleText('cyan', '->', { stream })} ${harmless(inFlags(remedy))}`, ' '.repeat(3));
  }
}
