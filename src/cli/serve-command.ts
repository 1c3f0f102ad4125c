import { openSource } from '../endpoints/registry.js';
import { serveTine } from '../endpoints/tine-server.js';
import { exitCodes } from './exit-codes.js';
import { Interruption } from './interruption.js';

/** The options of `framelane serve tine`. */
export interface ServeTineOptions {
  readonly device: string;
  readonly property: string;
  readonly eqm: string;
  readonly fec: string;
  readonly offset: number;
  readonly host: string;
  readonly allow?: readonly string[];
  readonly jpeg?: boolean;
  readonly quality?: number;
  readonly interval?: number;
  readonly fps?: number;
  readonly loop?: boolean;
}

/** `framelane serve tine`: serves until it is interrupted or the source fails. */
export async function serveTineCommand(address: string, options: ServeTineOptions): Promise<number> {
  const { jpeg, interval, fps, loop, ...names } = options;
  const source = await openSource(address, { fps, loop });
  // Asked before a port is opened: a wrong file should not look like a camera.
  await source.info();
  await using server = await serveTine({
    ...names,
    source,
    encoding: jpeg === true ? 'jpeg' : 'raw',
    minimumInterval: interval,
  });
  const { host, eqm, device, property, offset } = options;
  const place = offset === 0 ? host : `${host}:${offset}`;
  process.stdout.write(`serving tine://${place}/${eqm}/${device}/${property}\n`);
  return await untilInterrupted(server.ended); // Awaited here: the server is closed on leaving.
}

/** The last frame is served on when the source has ended; only its failure ends the server. */
function untilInterrupted(ended: Promise<void>): Promise<number> {
  return new Promise((resolve, reject) => {
    const interruption = new Interruption(() => finish(() => resolve(interruption.exitCode ?? exitCodes.failed)));
    // Signals alone do not keep Node running; the server's sockets do, but nothing here should depend on that.
    const alive = setInterval(() => undefined, 1 << 30);
    const finish = (settle: () => void) => {
      clearInterval(alive);
      interruption.close();
      settle();
    };
    ended.catch((error) => finish(() => reject(error)));
  });
}
