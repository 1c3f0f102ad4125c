import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../vectors/tine-net/', import.meta.url));

/** A recorded exchange: what the client sent and what the server sent, message by message. */
export interface Recording {
  readonly name: string;
  readonly client: readonly Uint8Array[];
  readonly server: readonly Uint8Array[];
}

function split(path: string, totalAt: number): Uint8Array[] {
  const bytes = new Uint8Array(readFileSync(path));
  const view = new DataView(bytes.buffer);
  const messages: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const total = view.getUint32(at + totalAt, true);
    messages.push(bytes.slice(at, at + total));
    at += total;
  }
  return messages;
}

/** Every recording in test/vectors/tine-net. */
export const recordings: readonly Recording[] = readdirSync(folder)
  .filter((file) => file.endsWith('.c2s.bin'))
  .map((file) => file.slice(0, -'.c2s.bin'.length))
  .map((name) => ({
    name,
    client: split(`${folder}${name}.c2s.bin`, 0),
    server: split(`${folder}${name}.s2c.bin`, 4),
  }));

/** One of them by name. */
export function recording(name: string): Recording {
  const found = recordings.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no recording ${name}`);
  return found;
}

/** Many pieces as one. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces));
}
