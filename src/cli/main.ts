const given = process.argv.slice(2);
const end = given.includes('--') ? given.indexOf('--') : given.length;
/** Options whose values can only stand behind "=", and the ones that they have alone: they do not take the next argument. */
const ALONE: Readonly<Record<string, string>> = { '--archives': 'true', '--time': 'auto' };
const args = given.map((arg, index) => {
  const value = index < end && Object.hasOwn(ALONE, arg) ? ALONE[arg] : undefined;
  return value === undefined ? arg : `${arg}=${value}`;
});
const [first = ''] = args;
const isEngine = args.length === 1 && first === 'engine';
// Descriptor 1 of an engine is its own affair.
if (!isEngine) watchOutput();
if (isEngine) {
  const { serveEngine } = await import('../engine/serve.ts');
  await serveEngine();
} else if (args.length === 0 || (args.length === 1 && ['--help', '-h', 'help'].includes(first))) {
  const { describeProgram } = await import('./overview.ts');
  const stream = args.length === 0 ? process.stderr : process.stdout;
  stream.write(describeProgram(stream.isTTY ? stream.columns || 80 : 100));
  if (args.length === 0) process.exitCode = 2;
} else if (args.length === 1 && ['--version', '-V'].includes(first)) {
  const { default: manifest } = await import('../../package.json', { with: { type: 'json' } });
  process.stdout.write(`${manifest.version}\n`);
} else {
  const { runProgram } = await import('./program.ts');
  await runProgram(args);
}

function watchOutput(): void {
  // Whoever reads the results may stop reading, as `head` does.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    const why = error.code === 'ENOSPC' ? 'its disk is full' : `the system says ${error.code}`;
    process.stderr.write(
      `error: The results cannot be written to standard output: ${why}. Send them elsewhere.\n`,
    );
    process.exit(2);
  });
  // Nobody is left to be told.
  process.stderr.on('error', () => undefined);
}
