/**
 * A viewer without a screen, in a process of its own: reads the frames' response from a socket into one buffer and says what
 * came as one JSON line. (Node's own fetch copies the whole buffer at each BYOB read, which a browser does not.)
 * Arguments: URL of the server, seconds, bytes a second at most.
 */
import { connect } from 'node:net';
import { messageHeaderBytes, messageKinds, readMessageHeader } from '../../src/view/wire.js';
import { quantile } from './quantile.js';

const [address = '', seconds = '5', most = 'Infinity'] = process.argv.slice(2);
const url = new URL(address);

/** Takes the response apart as it comes; keeps only headers, as the pixels are nobody's. */
class Response {
  readonly ages: number[] = [];
  frames = 0;
  bytes = 0;
  #wait = 0;
  #head = Buffer.alloc(0);
  #began = false;
  #kind = 0;
  #published = 0;

  take(piece: Buffer): void {
    let rest = piece;
    while (rest.length > 0) {
      if (this.#wait > 0) rest = this.#body(rest);
      else rest = this.#header(rest);
    }
  }

  #body(piece: Buffer): Buffer {
    const taken = Math.min(this.#wait, piece.length);
    this.#wait -= taken;
    this.bytes += taken;
    if (this.#wait === 0 && this.#kind === messageKinds.frame) {
      this.frames++;
      this.ages.push(performance.timeOrigin + performance.now() - this.#published);
    }
    return piece.subarray(taken);
  }

  #header(piece: Buffer): Buffer {
    this.#head = Buffer.concat([this.#head, piece.subarray(0, 4096)]);
    const used = Math.min(piece.length, 4096);
    if (!this.#began) {
      const end = this.#head.indexOf('\r\n\r\n');
      if (end < 0) return piece.subarray(used);
      this.#began = true;
      this.#head = this.#head.subarray(end + 4);
    }
    if (this.#head.length < messageHeaderBytes) return piece.subarray(used);
    const header = readMessageHeader(new DataView(this.#head.buffer, this.#head.byteOffset, messageHeaderBytes));
    if (header === undefined) throw new Error('no message');
    this.#kind = header.kind;
    this.#published = header.publishedMs;
    this.#wait = header.bodyBytes;
    const surplus = this.#head.length - messageHeaderBytes;
    this.#head = Buffer.alloc(0);
    return piece.subarray(used - surplus);
  }
}

const response = new Response();
const buffer = Buffer.alloc(1 << 20);
const began = performance.now();
const socket = connect({
  port: Number(url.port),
  host: url.hostname,
  onread: {
    buffer,
    callback: (length) => {
      response.take(buffer.subarray(0, length));
      rest(length);
      return true;
    },
  },
});

/** A slow viewer pauses for as long as its link would take. */
function rest(length: number): void {
  if (most === 'Infinity') return;
  socket.pause();
  setTimeout(() => socket.resume(), (length * 1000) / Number(most));
}

socket.write(`GET /api/frames?camera=0&quality=raw&acknowledge=no HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`);
setTimeout(() => {
  const took = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage();
  console.log(
    JSON.stringify({
      fps: response.frames / took,
      megabytesPerSecond: response.bytes / took / 1e6,
      sourceToPage_ms: { p50: quantile(response.ages, 0.5), p99: quantile(response.ages, 0.99) },
      cpuFraction: (user + system) / 1e6 / took,
    }),
  );
  process.exit(0);
}, Number(seconds) * 1000);
