import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Whether Wireshark's command is there. */
export const hasTshark = spawnSync('tshark', ['--version'], { stdio: 'ignore' }).status === 0;

/** A capture file with each datagram as a UDP packet on 127.0.0.1: link type 101, packets begin with the IPv4 header. */
function captureOf(datagrams: readonly Uint8Array[], port: number): Buffer {
  const file = Buffer.alloc(24);
  for (const [at, value] of [0xa1b2_c3d4, 0x0004_0002, 0, 0, 0xffff, 101].entries()) file.writeUInt32LE(value, 4 * at);
  const records = datagrams.map((payload, index) => {
    const record = Buffer.alloc(16 + 28 + payload.length);
    const length = 28 + payload.length;
    for (const [at, value] of [index, 0, length, length].entries()) record.writeUInt32LE(value, 4 * at);
    record.writeUInt32BE(0x4500_0000 + length, 16);
    record.writeUInt32BE(0x4011_0000, 24);
    record.writeUInt32BE(0x7f00_0001, 28);
    record.writeUInt32BE(0x7f00_0001, 32);
    record.writeUInt16BE(port, 36);
    record.writeUInt16BE(port, 38);
    record.writeUInt16BE(8 + payload.length, 40);
    record.set(payload, 44);
    return record;
  });
  return Buffer.concat([file, ...records]);
}

/** What Wireshark makes of datagrams: lines of `tshark -T fields` with the fields named, one a datagram. `more` words. */
export function dissect(
  datagrams: readonly Uint8Array[],
  protocol: 'rtp' | 'rtcp',
  fields: readonly string[],
  more: readonly string[] = [],
): string[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'framelane-tshark-'));
  const port = 40_000;
  try {
    const file = path.join(folder, 'datagrams.pcap');
    writeFileSync(file, captureOf(datagrams, port));
    const shown = fields.flatMap((field) => ['-e', field]);
    const arguments_ = ['-r', file, '-n', '-d', `udp.port==${port},${protocol}`, ...more, '-T', 'fields', ...shown];
    const { stdout, stderr, status } = spawnSync('tshark', arguments_, { encoding: 'utf8', timeout: 25_000 });
    if (status !== 0) throw new Error(`tshark ended with ${status}: ${stderr}`);
    return stdout.split('\n').slice(0, datagrams.length);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
