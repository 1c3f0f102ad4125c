import { isLoopback, newToken, serveView, type ViewServer, type ViewServerOptions } from '../view/index.js';
import { exitCodes } from './exit-codes.js';
import { Interruption } from './interruption.js';

/** The options of `framelane view`. */
export interface ViewCommandOptions {
  readonly port?: number;
  readonly address: string;
  readonly token?: string;
  readonly hostName?: readonly string[];
  readonly viewers?: number;
}

/** Port that is taken when none is named and it is free: one address to bookmark. */
const usualPort = 8040;

/** `framelane view`: serves the live page until it is interrupted. */
export async function viewCommand(sources: readonly string[], options: ViewCommandOptions): Promise<number> {
  const { port, address, hostName: hosts, viewers } = options;
  const token = options.token ?? (isLoopback(address) ? undefined : newToken());
  const given = { sources, address, hosts, viewers, token };
  await using server = await listen(given, port);
  process.stdout.write(`live page: ${server.url}\n`);
  return await untilInterrupted();
}

/** On the port that was named; otherwise on the usual one, or any that is free. */
async function listen(options: ViewServerOptions, port: number | undefined): Promise<ViewServer> {
  if (port !== undefined) return serveView({ ...options, port });
  try {
    return await serveView({ ...options, port: usualPort });
  } catch (error) {
    if ((error as { code?: string }).code !== 'CONNECTION') throw error;
    return serveView({ ...options, port: 0 });
  }
}

function untilInterrupted(): Promise<number> {
  return new Promise((resolve) => {
    const interruption = new Interruption(() => {
      interruption.close();
      resolve(interruption.exitCode ?? exitCodes.ok);
    });
  });
}
