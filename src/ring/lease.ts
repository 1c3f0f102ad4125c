import type { Plane } from '../frame/index.js';
import { native } from '../native.js';
import type { Attachment } from './attachment.js';
import type { SlotHeader } from './slot-header.js';

/** The memory of one held frame: lent from the slot, or copied where lending is forbidden. */
export class Lease {
  readonly #at: Attachment;
  readonly #slot: number;
  readonly #pin: number;
  readonly #payload: number;
  readonly #offsets: readonly number[];
  readonly #strides: readonly number[];
  /** Recycled buffers; undefined: lend. */
  readonly #spares: Uint8Array[] | undefined;
  #lent: ArrayBuffer | undefined;
  #copied: Uint8Array | undefined;

  constructor(at: Attachment, header: SlotHeader, planes: number, spares: Uint8Array[] | undefined) {
    this.#at = at;
    this.#slot = header.slot;
    this.#pin = header.pin;
    this.#payload = header.payload;
    this.#offsets = planes === 1 ? onePlane : Array.from({ length: planes }, (_, plane) => header.planeOffset(plane));
    this.#strides =
      planes === 1 ? [header.stride(0)] : Array.from({ length: planes }, (_, plane) => header.stride(plane));
    this.#spares = spares;
  }

  /** The pixels; to be asked for once. */
  planes(): readonly Plane[] {
    const bytes = this.#spares === undefined ? this.#lend() : this.#copy(this.#spares);
    if (this.#offsets === onePlane) return [{ data: bytes, stride: this.#strides[0] as number }];
    return this.#offsets.map((offset, index) => ({
      data: bytes.subarray(offset, this.#offsets[index + 1] ?? bytes.byteLength),
      stride: this.#strides[index] as number,
    }));
  }

  #lend(): Uint8Array {
    const lent = native().subscriberPixels(this.#at.ring, this.#slot, this.#pin, this.#payload);
    if (lent === null) return this.#copy([]);
    this.#lent = lent;
    return new Uint8Array(lent);
  }

  #copy(spares: Uint8Array[]): Uint8Array {
    const index = spares.findIndex((spare) => spare.byteLength >= this.#payload);
    const whole = index < 0 ? new Uint8Array(this.#payload) : (spares.splice(index, 1)[0] as Uint8Array);
    const part = whole.subarray(0, this.#payload);
    native().subscriberCopy(this.#at.ring, this.#slot, part);
    this.#copied = whole;
    return part;
  }

  /** Gives the memory back. */
  end(pin: number): void {
    if (this.#lent !== undefined) native().detach(this.#lent);
    // Kept views of a recycled buffer would show another frame: at most as many as pins are kept.
    if (this.#copied !== undefined && this.#spares !== undefined && this.#spares.length < 12) {
      this.#spares.push(this.#copied);
    }
    this.#at.giveBack(pin);
  }
}

const onePlane: readonly number[] = [0];
