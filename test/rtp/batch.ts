import { type ReceiverCore, rowWords } from '../../src/rtp/index.js';

/** A slab and its table, filled with datagrams, one a row. */
export function batchOf(datagrams: readonly Uint8Array[]): { slab: Uint8Array; table: Uint32Array; rows: number } {
  const slab = new Uint8Array(datagrams.reduce((sum, { length }) => sum + length, 0));
  const table = new Uint32Array(rowWords * datagrams.length);
  let at = 0;
  datagrams.forEach((datagram, row) => {
    slab.set(datagram, at);
    table.set([at, datagram.length, datagram.length, 5004, 4, 0, 0x7f00_0001], rowWords * row);
    at += datagram.length;
  });
  return { slab, table, rows: datagrams.length };
}

/** Hands datagrams to a receiver as one batch, and overwrites their memory, as the next batch would. */
export function deliver(core: ReceiverCore, datagrams: readonly Uint8Array[], nowMs = 0): void {
  const { slab, table, rows } = batchOf(datagrams);
  core.receive(slab, table, rows, nowMs);
  slab.fill(0xa5);
}

/** The same as one train of equal datagrams, of which the last may be shorter. */
export function deliverTrain(core: ReceiverCore, datagrams: readonly Uint8Array[], nowMs = 0): void {
  const { slab, table } = batchOf(datagrams);
  table.set([0, slab.length, datagrams[0]?.length ?? 0]);
  core.receive(slab, table, 1, nowMs);
  slab.fill(0xa5);
}
