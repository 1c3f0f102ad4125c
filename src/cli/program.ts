import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { sinkSchemes, sourceSchemes } from '../endpoints/registry.js';
import { frameRate, type OptionReader, positive, whole } from '../endpoints/uri.js';
import { srtpSuiteNames } from '../srtp/index.js';
import { counterReader } from './counter-reader.js';
import { demoCommand } from './demo-command.js';
import { doctorCommand } from './doctor-command.js';
import { exitCodes, reportError } from './exit-codes.js';
import { infoCommand } from './info-command.js';
import { keygenCommand } from './keygen-command.js';
import { packageVersion } from './package-paths.js';
import { pipeCommand } from './pipe-command.js';
import { lsCommand, rmCommand } from './ring-commands.js';
import { serveTineCommand } from './serve-command.js';
import { viewCommand } from './view-command.js';

/** Commands that take a program to start after `--`. */
const commandsWithConsumer = ['pipe'];

/** A reader of option values, with its complaints in the words that commander expects. */
function argument<T>(read: OptionReader<T>): (text: string) => T {
  return (text) => {
    try {
      return read(text);
    } catch (cause) {
      throw new InvalidArgumentError((cause as Error).message);
    }
  };
}

/** Values of an option that is given several times. */
const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

const count = argument(whole(1, Number.MAX_SAFE_INTEGER));

const addressHelp = `
Sources: ${sourceSchemes.map((scheme) => `${scheme}:`).join(' ')}  (a bare path is file:)
Sinks:   ${sinkSchemes.map((scheme) => `${scheme}:`).join(' ')}
Their options follow a question mark, so quote them: 'test:?size=1920x1080&fps=60'. All are in docs/uris.md.
`;

/** Text below a command's options: its examples. */
function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ framelane ${line}\n`).join('')}`;
}

/** Runs the command line. Resolves to the exit code. */
export async function runCli(words: readonly string[]): Promise<number> {
  const dashes = commandsWithConsumer.includes(words[0] ?? '') ? words.indexOf('--') : -1;
  const own = dashes < 0 ? words : words.slice(0, dashes);
  let exitCode: number = exitCodes.ok;
  const program = makeProgram(dashes < 0 ? undefined : words.slice(dashes + 1), (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(own, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportError(error);
    return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  }
}

function makeProgram(consumer: readonly string[] | undefined, done: (exitCode: number) => void): Command {
  const program = new Command('framelane')
    .description('Live video frames between processes through shared memory.')
    .version(packageVersion())
    .configureOutput({ outputError: (text, write) => write(oneLine(text)) })
    .exitOverride();
  addPipe(program, consumer, done);
  addServe(program, done);
  addView(program, done);
  addRings(program, done);
  addMachine(program, done);
  program.addHelpText(
    'after',
    examples(
      "pipe 'test:?size=1920x1080' shm:cam --lossless -- python3 -u detect.py",
      'pipe clip.mp4 shm:cam --fps 25 --loop',
      'ls',
      'demo',
    ),
  );
  return program;
}

/** commander puts "Did you mean" on a line of its own. */
function oneLine(text: string): string {
  const lines = text.trim().split('\n');
  return `framelane: ${lines.join(' ').replace(/^error: /, '')}\n`;
}

function addPipe(program: Command, consumer: readonly string[] | undefined, done: (code: number) => void): void {
  program
    .command('pipe')
    .description('move frames from a source to sinks, and to a program that reads them')
    .usage('SOURCE [SINK...] [options] [-- COMMAND ...]')
    .argument('<source>', 'where frames come from')
    .argument('[sinks...]', 'where they go')
    .option('--frames <n>', 'stop after so many frames', count)
    .option('--fps <rate>', 'frames a second: 30, 30000/1001, or 0 for as fast as possible', argument(frameRate))
    .option('--loop', 'begin again at the end of the source')
    .option('--lossless', 'drop nothing: slow readers hold the source back')
    .addOption(new Option('--stats <form>', 'print one line at the end').choices(['json']))
    .option('--quiet', 'no progress and no notices')
    .addHelpText('after', addressHelp)
    .addHelpText(
      'after',
      `
COMMAND gets the ring's name in FRAMELANE_RING and Framelane's Python package in PYTHONPATH. Without an shm: sink it
gets a ring of its own. Its exit code becomes ours; 130 after Ctrl-C.
${examples(
  "pipe 'test:?size=3840x2160&fps=60' --lossless -- python3 -u detect.py",
  'pipe clip.mp4 png:pictures --frames 10',
  "pipe shm:cam 'raw:-' --quiet | ffplay -f rawvideo -pixel_format rgb24 -video_size 1280x720 -",
  'pipe clip.mp4 shm:cam --lossless --stats json',
  "pipe shm:cam 'file:cam.hevc?bitrate=8M'",
  'pipe clip.mp4 clip.h264',
  'pipe shm:cam rtp://192.0.2.7:5004',
  'pipe rtp://0.0.0.0:5004 shm:cam2',
)}`,
    )
    .action(async (source, sinks, options, command: Command) => {
      if (sinks.length === 0 && (consumer ?? []).length === 0) {
        command.error('error: name a sink (shm:NAME, png:DIR, null: ...) or a program after --');
      }
      if (consumer?.length === 0) command.error('error: name the program to start after --');
      done(await pipeCommand(source, sinks, options, consumer ?? []));
    });
}

function addServe(program: Command, done: (code: number) => void): void {
  const serve = program.command('serve').description('serve a source to other systems');
  serve
    .command('tine')
    .description('serve a source as a TINE camera: CF_IMAGE over UDP, TCP and STREAM (experimental)')
    .argument('<source>', 'where frames come from')
    .requiredOption('--device <name>', 'device name')
    .option('--property <name>', 'property name', 'Frame')
    .option('--eqm <name>', 'equipment module, up to 6 characters', 'FRMEQM')
    .option('--fec <name>', 'name of the server process, up to 16 characters', 'FRAMELANE')
    .option('--offset <n>', 'port offset', argument(whole(0, 1000)), 0)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--allow <addresses...>', 'clients let in, such as 192.0.2.0/24; needed with --host beyond this machine')
    .option('--jpeg', 'compress the pictures')
    .option('--quality <n>', 'of the compression', argument(whole(1, 100)))
    .option('--interval <ms>', 'shortest time between two frames to one client', argument(whole(1, 60_000)))
    .option('--fps <rate>', 'frames a second', argument(frameRate))
    .option('--loop', 'begin again at the end of the source')
    .addHelpText('after', addressHelp)
    .addHelpText(
      'after',
      examples(
        "serve tine --device CAM0 'test:640x480?format=gray8'",
        'serve tine --device CAM0 --jpeg --quality 80 clip.mp4 --loop --fps 25',
        'serve tine --device CAM0 --host 192.0.2.1 --allow 192.0.2.0/24 shm:cam',
      ),
    )
    .action(async (source, options) => done(await serveTineCommand(source, options)));
}

function addView(program: Command, done: (code: number) => void): void {
  program
    .command('view')
    .description('show sources in a browser: live, with the numbers behind the picture')
    .argument('<sources...>', 'where frames come from')
    .option('--port <n>', 'port; default: 8040, or another one if that is taken', argument(whole(0, 65_535)))
    .option(
      '--address <address>',
      'address to listen on; with any beyond this machine, viewers need a token',
      '127.0.0.1',
    )
    .option('--token <word>', 'let in only who has the address with this word; default: none, or one that is made up')
    .option(
      '--host-name <name>',
      "a name besides this machine's own that may stand in the browser; repeatable",
      collect,
      [],
    )
    .option('--viewers <n>', 'views at once', argument(whole(1, 1000)))
    .addHelpText('after', addressHelp)
    .addHelpText(
      'after',
      examples('view test:', 'view shm:cam1 shm:cam2', 'view --address 0.0.0.0 shm:cam1', 'view clip.mp4 --port 8080'),
    )
    .action(async (sources, options) => done(await viewCommand(sources, options)));
}

function addRings(program: Command, done: (code: number) => void): void {
  program
    .command('ls')
    .description('list the rings of this machine')
    .option('--json', 'one JSON array')
    .addHelpText('after', examples('ls', 'ls --json'))
    .action((options) => done(lsCommand(options)));
  program
    .command('rm')
    .description('remove rings and QSharedMemory that were left behind')
    .argument('[names...]', 'rings, with or without shm:, and qt:KEY')
    .option('--stale', 'all that have no producer, or that no Qt program is attached to')
    .option('--force', 'also those that are in use')
    .addHelpText('after', examples('rm cam', 'rm --stale', 'rm qt:process_example'))
    .action((names: string[], options, command: Command) => {
      if (names.length === 0 && options.stale !== true) command.error('error: name a ring, or give --stale');
      done(rmCommand(names, options));
    });
  program
    .command('info')
    .description('say what is known of a source or a ring')
    .argument('<address>', 'such as shm:cam, clip.mp4')
    .option('--json', 'one JSON object')
    .addHelpText('after', addressHelp)
    .addHelpText('after', examples('info shm:cam', 'info clip.mp4'))
    .action(async (address, options) => done(await infoCommand(address, options)));
}

function addMachine(program: Command, done: (code: number) => void): void {
  program
    .command('doctor')
    .description('say what this machine can do')
    .option('--json', 'one JSON array')
    .addHelpText('after', examples('doctor'))
    .action(async (options) => done(await doctorCommand(options)));
  program
    .command('keygen')
    .description('make a key for srtp:')
    .addOption(new Option('--suite <name>', 'what it is for').choices(srtpSuiteNames).default('AEAD_AES_128_GCM'))
    .option('--out <file>', 'write it into a new file that only you can read')
    .addHelpText('after', examples('keygen --out camera.key', 'keygen --suite AES_CM_128_HMAC_SHA1_80'))
    .action((options) => done(keygenCommand(options)));
  program
    .command('demo')
    .description('test pictures through a ring to a Node and a Python reader, with live figures')
    .option('--seconds <n>', 'how long', argument(positive('seconds')), 5)
    .option('--size <size>', 'pixels', '1920x1080')
    .option('--fps <rate>', 'frames a second', argument(frameRate), 60)
    .addHelpText('after', examples('demo', 'demo --size 3840x2160 --seconds 10'))
    .action(async (options) => done(await demoCommand(options)));
  program
    .command('counter-reader', { hidden: true })
    .argument('<ring>')
    .action(async (ring) => done(await counterReader(ring)));
}
