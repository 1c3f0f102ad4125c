import { describe, expect, test } from 'vitest';
import { decodeImage, imageFormats } from '../../../src/tine/index.js';
import { ClientLink } from '../../../src/tine/net/client-link.js';
import { defaultLinkOptions, type LinkOptions } from '../../../src/tine/net/link-options.js';
import type { TineTransport } from '../../../src/tine/net/protocol.js';
import { decodeRequest } from '../../../src/tine/net/request.js';
import { expectedPixels } from './pixels.js';
import { type Recording, recording } from './recordings.js';

/** Options with which our client asks what the recorded client asked. */
function optionsOf({ client }: Recording, transport: TineTransport, more: Partial<LinkOptions> = {}): LinkOptions {
  const sub = decodeRequest(client[0] as Uint8Array).subrequests[0];
  if (sub === undefined) throw new Error('no request');
  const { eqm, device, property, sizeOut } = sub.contract;
  return {
    ...defaultLinkOptions,
    target: { eqm, device, property },
    mode: (sub.mode & 0xf) === 1 ? 'single' : 'timer',
    transport,
    interval: sub.interval,
    timeout: sub.interval + 2000,
    capacity: sub.contract.sizeOut,
    maximumCapacity: Math.max(sizeOut, 65_536),
    id: sub.id,
    starttime: sub.starttime,
    distinct: false,
    ...more,
  };
}

interface Run {
  readonly link: ClientLink;
  readonly sent: Uint8Array[];
  readonly images: Uint8Array[];
  readonly errors: string[];
}

/** Feeds a recording's server bytes, a message each `step` ms, and gives images back at once. */
function replay(from: Recording, options: LinkOptions, step = 0, chunk = 0): Run {
  const run: Run = { link: new ClientLink(options), sent: [], images: [], errors: [] };
  let now = 1000;
  const drain = () => {
    for (let action = run.link.poll(now); action !== undefined; action = run.link.poll(now)) {
      if (action.type === 'open') run.link.opened(now);
      else if (action.type === 'send') run.sent.push(action.bytes);
      else if (action.type === 'image') {
        run.images.push(action.image.bytes.slice());
        action.image.release();
      } else if (action.type !== 'close') run.errors.push(`${action.type} ${action.error.message}`);
    }
  };
  run.link.start(now);
  drain();
  for (const message of from.server) {
    now += step;
    if (options.transport === 'udp') run.link.receiveDatagram(message, now);
    else for (const piece of pieces(message, chunk)) run.link.receive(piece, now);
    drain();
  }
  return run;
}

function* pieces(bytes: Uint8Array, size: number): Iterable<Uint8Array> {
  const step = size === 0 ? bytes.length : size;
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
}

function expectGoodImage(image: Uint8Array): void {
  const { header, bytes, warnings } = decodeImage(image, { strict: true });
  expect(warnings).toEqual([]);
  expect(image.length).toBe(188 + header.appendedFrameSize);
  if (header.imageFormat === imageFormats.JPEG) expect([...bytes.subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff]);
  else expect(Buffer.compare(bytes, expectedPixels(image))).toBe(0);
}

const singles: [name: string, transport: TineTransport][] = [
  ['single_udp_gray8', 'udp'],
  ['single_udp_gray8_cap236', 'udp'],
  ['single_udp_gray16', 'udp'],
  ['single_udp_rgb', 'udp'],
  ['single_udp_jpeg', 'udp'],
  ['single_udp_big', 'udp'],
  ['single_tcp_gray8', 'tcp'],
  ['tcp_required_tcp', 'tcp'],
  ['single_stream_gray16', 'stream'],
  ['warn_with_data_udp', 'udp'],
];

describe('a recorded single read', () => {
  test.each(singles)('%s gives its image once, without padding', (name, transport) => {
    const from = recording(name);
    const { images, errors } = replay(from, optionsOf(from, transport));
    expect(errors).toEqual([]);
    expect(images).toHaveLength(1);
    expectGoodImage(images[0] as Uint8Array);
  });

  test('is asked for with the recorded bytes but for who asks', () => {
    for (const [name, transport] of singles) {
      const from = recording(name);
      const { sent } = replay(from, optionsOf(from, transport, { timeout: 3000 }));
      const own = decodeRequest(sent[0] as Uint8Array).subrequests[0];
      const theirs = decodeRequest(from.client[0] as Uint8Array).subrequests[0];
      // Synchronised reading (access 9) is a habit of one recorded client.
      const access = own?.contract.access;
      const contract = { ...theirs?.contract, access };
      expect(own).toEqual({ ...theirs, contract, blkid: own?.blkid });
    }
  });

  test('over TCP comes out the same however it is cut', () => {
    for (const [name, transport] of singles) {
      if (transport === 'udp') continue;
      const from = recording(name);
      const whole = replay(from, optionsOf(from, transport)).images;
      for (const size of [1, 7, 31, 32, 33, 88, 1000]) {
        expect(replay(from, optionsOf(from, transport), 0, size).images).toEqual(whole);
      }
    }
  });

  test('with a warning says which', () => {
    const from = recording('warn_with_data_udp');
    const link = new ClientLink(optionsOf(from, 'udp'));
    link.start(0);
    link.poll(0);
    link.opened(0);
    link.poll(0);
    link.receiveDatagram(from.server[0] as Uint8Array, 1);
    const action = link.poll(1);
    expect(action).toMatchObject({ type: 'image', image: { warning: { code: 124, text: '' } } });
  });

  test('of an image that does not fit (all zero) fails with a hint, once the capacity cannot be raised', () => {
    const from = recording('single_udp_gray8_cap48');
    const { images, errors } = replay(from, optionsOf(from, 'udp', { maximumCapacity: 48 }));
    expect(images).toEqual([]);
    expect(errors.join()).toMatch(/^failed .*capacity too small\?/);
  });

  test('of an image that does not fit (all zero) is repeated with twice the capacity and another name', () => {
    const from = recording('single_udp_gray8_cap48');
    const { sent } = replay(from, optionsOf(from, 'udp'));
    const [first, second] = sent.map((bytes) => decodeRequest(bytes).subrequests[0]);
    expect(second?.contract.sizeOut).toBe(96);
    expect(second?.starttime).not.toBe(first?.starttime);
  });
});

describe('a recorded subscription', () => {
  test('over TCP gives every image', () => {
    const from = recording('timer_tcp_gray8');
    const { images, errors } = replay(from, optionsOf(from, 'tcp'), 160);
    expect(errors).toEqual([]);
    expect(images).toHaveLength(38);
    images.forEach(expectGoodImage);
  });

  test('with `distinct` leaves out images that come again, also under a new time stamp', () => {
    const from = recording('timer_tcp_gray8');
    const { images, link } = replay(from, optionsOf(from, 'tcp', { distinct: true }), 160);
    const numbers = images.map((image) => decodeImage(image).header.frameNumber);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers).toHaveLength(30);
    expect(link.stats.repeats).toBe(8);
  });

  test('is renewed once when the counter falls below 10, also after a padded answer', () => {
    const from = recording('timer_udp_renewal');
    const { images, sent, link, errors } = replay(from, optionsOf(from, 'udp'), 980);
    expect(errors).toEqual([]);
    expect(images).toHaveLength(169);
    images.forEach(expectGoodImage);
    expect(link.stats.renewals).toBe(1);
    const [first, renewal] = sent.map((bytes) => decodeRequest(bytes).subrequests[0]);
    expect(renewal).toEqual({ ...first, blkid: renewal?.blkid });
  });

  test('ignores answers to another subscription in the same datagram', () => {
    const from = recording('datachange_udp_gray8');
    const { images, errors } = replay(from, optionsOf(from, 'udp'), 400);
    expect(errors).toEqual([]);
    const withImage = from.server.filter((message) => message.length >= 324);
    expect(images).toHaveLength(withImage.length);
    images.forEach(expectGoodImage);
  });

  test('of a server that falls silent is repeated in plain mode, for ever', () => {
    const from = recording('retry_udp');
    const { link, images } = replay(from, optionsOf(from, 'udp'), 500);
    expect(images).toHaveLength(4);
    const modes: number[] = [];
    let now = 1000 + 4 * 500;
    for (let count = 0; count < 50; count++) {
      now = link.deadline;
      for (let action = link.poll(now); action !== undefined; action = link.poll(now)) {
        if (action.type === 'send') modes.push(decodeRequest(action.bytes).subrequests[0]?.mode ?? -1);
      }
    }
    expect(modes).toEqual(Array(50).fill(3));
    expect(now).toBeGreaterThan(40_000);
  });
});

describe('a recorded refusal', () => {
  test('of the property is a TINE_STATUS with number and text', () => {
    const from = recording('err_property_udp');
    const { errors } = replay(from, optionsOf(from, 'udp'));
    expect(errors).toEqual([
      expect.stringMatching(/^failed IMGEQM\/CAM0\/NoSuchProp: server answers 36, illegal property/),
    ]);
  });

  test('of the interval makes the client ask with the least one', () => {
    const from = recording('err_interval_udp');
    const { sent } = replay(from, optionsOf(from, 'udp'));
    expect(sent.map((bytes) => decodeRequest(bytes).subrequests[0]?.interval)).toEqual([50, 100]);
  });

  test('over UDP of a TCP-only property makes the client ask over TCP, same id and starttime', () => {
    const from = recording('tcp_required_udp');
    const link = new ClientLink(optionsOf(from, 'udp'));
    const seen: string[] = [];
    const names: string[] = [];
    const drain = () => {
      for (let action = link.poll(5); action !== undefined; action = link.poll(5)) {
        seen.push(action.type === 'open' ? `open ${action.transport}` : action.type);
        if (action.type === 'open') link.opened(5);
        if (action.type === 'image') expectGoodImage(action.image.bytes);
        if (action.type !== 'send') continue;
        const sub = decodeRequest(action.bytes).subrequests[0];
        names.push(`${sub?.id} ${sub?.starttime}`);
      }
    };
    link.start(5);
    drain();
    link.receiveDatagram(from.server[0] as Uint8Array, 5);
    drain();
    link.receive(recording('tcp_required_tcp').server[0] as Uint8Array, 5);
    drain();
    expect(seen).toEqual(['open udp', 'send', 'trouble', 'close', 'open tcp', 'send', 'image']);
    expect(names[1]).toBe(names[0]);
  });
});
