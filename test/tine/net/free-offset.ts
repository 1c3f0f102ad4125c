import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { tinePort } from '../../../src/tine/net/protocol.js';

function freeTcp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

function freeUdp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createSocket('udp4');
    probe.once('error', () => resolve(false));
    probe.bind(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** A port offset whose three ports are free on loopback now. */
export async function freeOffset(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const offset = Math.floor(Math.random() * 500);
    const free = await Promise.all([
      freeUdp(tinePort('udp', offset)),
      freeTcp(tinePort('tcp', offset)),
      freeTcp(tinePort('stream', offset)),
    ]);
    if (free.every(Boolean)) return offset;
  }
  throw new Error('no free port offset');
}
