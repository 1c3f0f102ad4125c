/** What the calls of a ring cost in Node, hot, in one process: JSON with nanoseconds a call. */
import { Publisher, Subscriber } from 'framelane/ring';
import { native } from '../../../dist/native.js';

const [name, batches] = [process.argv[2], Number(process.argv[3])];
const slots = 8;
const spec = { format: 'gray8', width: 64, height: 1 };
const ring = Publisher.open(name, { capacity: 64, slots });
const init = { captureTime: 1n };

function publish() {
  ring.loan(spec).publish(init);
}

const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];

/** Median ns of `action`, called once for each slot of the ring between two looks at the clock. */
function nsOf(action, prepare = () => {}) {
  const times = [];
  for (let batch = 0; batch < batches; batch++) {
    prepare();
    const began = process.hrtime.bigint();
    for (let i = 0; i < slots; i++) action();
    times.push(Number(process.hrtime.bigint() - began));
  }
  return median(times.slice(batches / 2)) / slots;
}

const fill = () => {
  for (let i = 0; i < slots; i++) publish();
};

/** Readers that only sit there: the producer looks at their pins. */
const readers = await Promise.all(Array.from({ length: 8 }, () => Subscriber.open(name)));
const clock = nsOf(() => {});
const publishWith8Readers = nsOf(publish) - clock;
for (const reader of readers) reader.close();

const reader = await Subscriber.open(name);
const takeRelease = nsOf(() => reader.tryNext().release(), fill) - clock;
const takeLookRelease =
  nsOf(() => {
    const frame = reader.tryNext();
    if (frame.data.length !== 64) throw new Error('no pixels');
    frame.release();
  }, fill) - clock;
reader.close();

// The two calls into C++ that pin and unpin, without the object that a program gets.
const { subscriberOpen, subscriberTake, subscriberRelease, subscriberClose } = native();
const scratch = new ArrayBuffer(2048);
const words = new Uint32Array(scratch);
const id = subscriberOpen(name, 0, 0, 0, scratch, () => {});
const pinWord = 257;
const pinUnpin =
  nsOf(() => {
    if (subscriberTake(id) <= 0) throw new Error('no frame');
    subscriberRelease(id, words[pinWord]);
  }, fill) - clock;
subscriberClose(id);
ring.close();
console.log(JSON.stringify({ publishWith8Readers, pinUnpin, takeRelease, takeLookRelease }));
