/**
 * The bytes of a response, read straight into buffers of ours. A read hands the buffer over to the browser and gives it
 * back, so the caller goes on with the one it gets.
 */
export class ByteStream {
  readonly #reader: ReadableStreamBYOBReader;
  /** Bytes read so far. */
  bytes = 0;

  constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.getReader({ mode: 'byob' });
  }

  /** Fills the buffer's first `length` bytes; undefined when the stream ends before. */
  async fill(buffer: ArrayBuffer, length: number): Promise<ArrayBuffer | undefined> {
    let current = buffer;
    for (let filled = 0; filled < length; ) {
      const { value, done } = await this.#reader.read(new Uint8Array(current, filled, length - filled));
      if (value === undefined || done) return undefined;
      current = value.buffer as ArrayBuffer;
      filled += value.byteLength;
      this.bytes += value.byteLength;
    }
    return current;
  }
}
