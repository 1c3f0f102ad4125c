import { setTimeout as sleep } from 'node:timers/promises';
import { rowWord, rowWords, UdpSocket } from '../../src/net/index.js';
import type { UdpOptions } from '../../src/net/options.js';

/** Copies of the packets of a batch, trains taken apart. */
export function packetsOfBatch(slab: Uint8Array, table: Uint32Array, rows: number): Uint8Array[] {
  const packets: Uint8Array[] = [];
  for (let row = 0; row < rows; row++) {
    const at = row * rowWords;
    const offset = table[at + rowWord.offset] as number;
    const end = offset + (table[at + rowWord.bytes] as number);
    const segment = table[at + rowWord.segment] as number;
    for (let from = offset; from < end; from += segment) packets.push(slab.slice(from, Math.min(end, from + segment)));
  }
  return packets;
}

/** A socket that keeps what it receives. */
export class Collector implements Disposable {
  readonly packets: Uint8Array[] = [];
  rows = 0;

  private constructor(readonly socket: UdpSocket) {
    socket.receive((slab, table, rows) => {
      this.rows += rows;
      this.packets.push(...packetsOfBatch(slab, table, rows));
    });
  }

  static async open(options: UdpOptions = {}): Promise<Collector> {
    return new Collector(await UdpSocket.open({ local: { address: '127.0.0.1' }, ...options }));
  }

  get endpoint(): { address: string; port: number } {
    return { address: this.socket.local.address, port: this.socket.local.port };
  }

  /** Waits for so many packets, and takes them. Fewer come back when they do not arrive. */
  async take(count: number): Promise<Uint8Array[]> {
    for (const end = Date.now() + 3000; this.packets.length < count && Date.now() < end; ) await sleep(1);
    return this.packets.splice(0);
  }

  [Symbol.dispose](): void {
    this.socket.close();
  }
}
