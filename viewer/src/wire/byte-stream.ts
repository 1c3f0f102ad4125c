/** Reads at most so many bytes into a buffer, from a place on; gives the buffer back with what was read. */
type Read = (buffer: ArrayBuffer, at: number, most: number) => Promise<Uint8Array | undefined>;

/**
 * The bytes of a response, read straight into buffers of ours. A read hands the buffer over to the browser and gives it
 * back, so the caller goes on with the one it gets.
 */
export class ByteStream {
  readonly #read: Read;
  /** Bytes read so far. */
  bytes = 0;

  constructor(body: ReadableStream<Uint8Array>) {
    this.#read = straightReader(body) ?? copyingReader(body);
  }

  /** Fills the buffer's first `length` bytes; undefined when the stream ends before. */
  async fill(buffer: ArrayBuffer, length: number): Promise<ArrayBuffer | undefined> {
    let current = buffer;
    for (let filled = 0; filled < length; ) {
      const value = await this.#read(current, filled, length - filled);
      if (value === undefined) return undefined;
      current = value.buffer as ArrayBuffer;
      filled += value.byteLength;
      this.bytes += value.byteLength;
    }
    return current;
  }
}

/** The browser writes into our buffer; undefined where it cannot. */
function straightReader(body: ReadableStream<Uint8Array>): Read | undefined {
  let reader: ReadableStreamBYOBReader;
  try {
    reader = body.getReader({ mode: 'byob' });
  } catch {
    return undefined;
  }
  return async (buffer, at, most) => {
    const { value, done } = await reader.read(new Uint8Array(buffer, at, most));
    return done ? undefined : value;
  };
}

/** The browser gives pieces of its own, which are copied. */
function copyingReader(body: ReadableStream<Uint8Array>): Read {
  const reader = body.getReader();
  let rest = new Uint8Array(0);
  return async (buffer, at, most) => {
    while (rest.length === 0) {
      const { value, done } = await reader.read();
      if (done) return undefined;
      rest = value as Uint8Array<ArrayBuffer>;
    }
    const piece = rest.subarray(0, most);
    const target = new Uint8Array(buffer, at, piece.length);
    target.set(piece);
    rest = rest.subarray(piece.length);
    return target;
  };
}
