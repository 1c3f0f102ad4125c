import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { FramelaneError } from '../error.js';
import { NameLookup, type ServerAddress, type ServerName } from '../tine/net/name-lookup.js';

/**
 * Asks the name server at that host and port where a server is. Throws `TINE_STATUS` for a name it does not know,
 * `TIMEOUT` when it does not answer within two seconds.
 */
export async function lookUpServer(
  name: ServerName,
  at: { readonly host: string; readonly port: number },
): Promise<ServerAddress> {
  const { address, family } = await lookup(at.host).catch((cause: Error) => {
    throw unreachable(at.host, cause);
  });
  const query = new NameLookup(name);
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  return new Promise<ServerAddress>((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const step = () => {
      const bytes = query.poll(performance.now());
      if (bytes !== undefined) socket.send(bytes, () => undefined);
      if (query.result !== undefined) resolve(query.result);
      else if (query.error !== undefined) reject(query.error);
      clearTimeout(timer);
      timer = setTimeout(step, Math.max(1, Math.ceil(query.deadline - performance.now())));
    };
    socket.on('message', (bytes) => {
      query.receive(bytes, performance.now());
      step();
    });
    let connected = false;
    socket.on('connect', () => {
      connected = true;
      step();
    });
    // Refused by the host is not yet the end: the next attempt may find the name server up again.
    socket.on('error', (cause) => connected || reject(unreachable(at.host, cause)));
    socket.connect(at.port, address);
    socket.once('close', () => clearTimeout(timer));
  }).finally(() => socket.close());
}

function unreachable(host: string, cause: Error): FramelaneError {
  return new FramelaneError('CONNECTION', `name server ${host}: ${cause.message}`, { subject: host }, { cause });
}
