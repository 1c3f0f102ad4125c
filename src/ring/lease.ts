import type { Plane, PlaneLender } from '../frame/index.js';
import { native } from '../native.js';
import type { Attachment } from './attachment.js';
import type { SlotHeader } from './slot-header.js';

/** Where a plane lies behind plane 0, in bytes from the start of the slot. */
interface FurtherPlane {
  readonly offset: number;
  readonly stride: number;
}

/** Most buffers that are kept for copies: as many as a reader has pins. */
const maxSpares = 12;

/**
 * The memory of one held frame: lent from the slot, or copied where lending is forbidden. One object a frame: whatever
 * is made here brings the next collection nearer.
 */
export class Lease implements PlaneLender {
  readonly #at: Attachment;
  readonly #slot: number;
  readonly #pin: number;
  readonly #payload: number;
  readonly #stride: number;
  readonly #further: readonly FurtherPlane[];
  /** What was lent, or the buffer that was copied into. */
  #memory: ArrayBuffer | Uint8Array | undefined;

  /** Of the frame that was just taken; its header is in `at`. */
  constructor(at: Attachment, planes: number) {
    const { header } = at;
    this.#at = at;
    this.#slot = header.slot;
    this.#pin = header.pin;
    this.#payload = header.payload;
    this.#stride = header.stride(0);
    this.#further = planes === 1 ? none : furtherPlanes(header, planes);
  }

  /** The pixels; to be asked for once. */
  planes(): readonly Plane[] {
    const bytes = this.#at.spares === undefined ? this.#lend() : this.#copy(this.#at.spares);
    const further = this.#further;
    if (further.length === 0) return [{ data: bytes, stride: this.#stride }];
    return [{ offset: 0, stride: this.#stride }, ...further].map(({ offset, stride }, index) => ({
      data: bytes.subarray(offset, further[index]?.offset ?? bytes.byteLength),
      stride,
    }));
  }

  #lend(): Uint8Array {
    const lent = native().subscriberPixels(this.#at.ring, this.#slot, this.#pin, this.#payload);
    if (lent === null) return this.#copy([]);
    this.#memory = lent;
    return new Uint8Array(lent);
  }

  #copy(spares: Uint8Array[]): Uint8Array {
    const index = spares.findIndex((spare) => spare.byteLength >= this.#payload);
    const whole = index < 0 ? new Uint8Array(this.#payload) : (spares.splice(index, 1)[0] as Uint8Array);
    const part = whole.subarray(0, this.#payload);
    native().subscriberCopy(this.#at.ring, this.#slot, part);
    this.#memory = whole;
    return part;
  }

  /** Gives the memory back. */
  end(): void {
    const memory = this.#memory;
    const { spares } = this.#at;
    if (memory instanceof ArrayBuffer) native().detach(memory);
    // Kept views of a recycled buffer would show another frame.
    else if (memory !== undefined && spares !== undefined && spares.length < maxSpares) spares.push(memory);
    this.#at.giveBack(this.#pin);
  }
}

const none: readonly FurtherPlane[] = [];

function furtherPlanes(header: SlotHeader, planes: number): FurtherPlane[] {
  return Array.from({ length: planes - 1 }, (_, index) => ({
    offset: header.planeOffset(index + 1),
    stride: header.stride(index + 1),
  }));
}
