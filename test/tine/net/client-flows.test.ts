import { describe, expect, test } from 'vitest';
import type { ClientLink } from '../../../src/tine/net/client-link.js';
import { decodeRequest } from '../../../src/tine/net/request.js';
import { encodeResponse, encodeStatus } from '../../../src/tine/net/response.js';
import { recording } from './recordings.js';
import { link, SimulatedLink, served, server } from './simulated-link.js';

function running(options: Parameters<typeof link>[0] = {}, image = served(1)): SimulatedLink {
  const world = new SimulatedLink(link(options), server());
  world.server.publish(image);
  world.link.start(0);
  world.settle();
  return world;
}

describe('a subscription', () => {
  test('goes on for a simulated week, renewed again and again, ten thousand times faster than real time', () => {
    const began = performance.now();
    const world = running({ interval: 1000, distinct: false });
    const week = 7 * 24 * 3600;
    world.pass(week * 1000);
    const { stats } = world.link;
    expect(world.errors).toEqual([]);
    expect(stats.connections).toBe(1);
    // At 1050 ms a repeated frame: 60 to 159 frames a term, renewed below 10.
    expect(stats.images).toBeGreaterThan(week / 1.06);
    expect(stats.renewals).toBeGreaterThan(stats.images / 160);
    expect(performance.now() - began).toBeLessThan(60_000);
  });

  test.each([1, 10, 16, 33, 100, 200, 1000, 2500])('of %i ms never runs out', (interval) => {
    const world = running({ interval, distinct: false });
    let number = 1;
    for (let tick = 0; tick < 400 * Math.max(interval, 10); tick += Math.max(interval, 10)) {
      world.server.publish(served(++number));
      world.pass(Math.max(interval, 10));
    }
    expect(world.errors).toEqual([]);
    expect(world.images).toBeGreaterThanOrEqual(395);
  });

  test('does not renew with every frame when the server has fewer frames a term than the interval promises', () => {
    // The server raises 1 ms to 200 ms: 300 frames a term where the client expects 60 000.
    const world = new SimulatedLink(link({ interval: 1, distinct: false }), server({ minimumInterval: 200 }));
    world.server.publish(served(1));
    world.link.start(0);
    world.pass(120_000);
    expect(world.errors).toEqual([]);
    expect(world.link.stats.renewals).toBeLessThan(10);
    expect(world.link.stats.renewals).toBeGreaterThan(0);
  });

  test('comes back by itself after the server was restarted, over a new connection', () => {
    const world = running({ interval: 100 });
    world.reachable = false;
    world.server = server();
    world.cut();
    world.pass(30_000);
    world.reachable = true;
    world.server.publish(served(2));
    world.pass(11_000);
    expect(world.images).toBe(2);
    expect(world.log).not.toContain('failed');
  });

  test('over UDP comes back after the server was restarted without a word', () => {
    const world = running({ interval: 100, transport: 'udp' });
    world.server = server();
    world.server.publish(served(2));
    world.pass(2000);
    expect(world.images).toBe(2);
  });

  test('waits longer after each failure to connect, never longer than 10 s', () => {
    const world = running({ interval: 100 });
    world.reachable = false;
    world.cut();
    const opened: number[] = [];
    while (opened.length < 12) {
      const before = world.log.filter((word) => word === 'open').length;
      world.now = world.link.deadline;
      world.settle();
      if (world.log.filter((word) => word === 'open').length > before) opened.push(world.now);
    }
    const pauses = opened.slice(1).map((time, index) => time - (opened[index] as number));
    expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000]);
  });

  test('over TCP gives a connection up that stays silent, and makes another', () => {
    const world = running({ interval: 100 });
    world.deaf = true;
    world.pass(3000);
    expect(world.link.stats.connections).toBeGreaterThan(1);
    world.deaf = false;
    world.server.publish(served(2));
    world.pass(2000);
    expect(world.images).toBe(2);
  });

  test('gives up when no first image comes within the time-out, with the last thing that went wrong', () => {
    const world = new SimulatedLink(link({ timeout: 4000 }), server());
    world.reachable = false;
    world.link.start(0);
    world.pass(10_000);
    expect(world.log.at(-1)).toBe('failed');
    expect(world.errors.at(-1)).toMatchObject({ code: 'CONNECTION' });
    expect(world.link.deadline).toBe(Number.POSITIVE_INFINITY);
  });

  test('gives up after its patience, if it has any', () => {
    const world = running({ patience: 5000 });
    world.deaf = true;
    world.pass(20_000);
    expect(world.errors.at(-1)).toMatchObject({ code: 'TIMEOUT' });
    expect(world.log.at(-1)).toBe('failed');
  });

  test('cancels when it is closed', () => {
    const world = running();
    expect(world.server.subscriptions).toBe(1);
    world.link.close(world.now);
    world.settle();
    expect(world.log.slice(-2)).toEqual(['send', 'close']);
    expect(world.server.subscriptions).toBe(0);
  });

  test('drops new images while all buffers are held, and goes on when one is given back', () => {
    const world = running({ buffers: 3, interval: 10 });
    const held: { release(): void }[] = [];
    world.onImage = (image) => held.push(image);
    for (let number = 2; number < 10; number++) {
      world.server.publish(served(number));
      world.pass(20);
    }
    expect(held).toHaveLength(2);
    expect(world.link.stats.dropped).toBe(6);
    held.pop()?.release();
    world.server.publish(served(10));
    world.pass(20);
    expect(held).toHaveLength(2);
  });

  test('tells and goes on when one image among good ones makes no sense', () => {
    const world = running({ interval: 10 });
    const spoiled = served(2);
    spoiled.bytes[0] = 1;
    world.server.publish(spoiled);
    world.pass(20);
    world.server.publish(served(3));
    world.pass(20);
    expect(world.images).toBe(2);
    expect(world.errors).toMatchObject([{ code: 'TINE_INVALID', details: { offset: 0 } }]);
  });
});

describe('a single read', () => {
  test('is repeated under another name when nothing comes, and fails after the time-out', () => {
    const world = running({ mode: 'single', timeout: 5000 });
    world.deaf = true;
    world.link.start(world.now);
    const starttimes = new Set<number>();
    const receive = world.server.receive.bind(world.server);
    world.server.receive = (from, bytes, now) => {
      starttimes.add(decodeRequest(bytes).subrequests[0]?.starttime ?? 0);
      receive(from, bytes, now);
    };
    world.pass(6000);
    expect(starttimes.size).toBeGreaterThanOrEqual(3);
    expect(world.errors.at(-1)).toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('link timeout') });
  });

  test('can be asked again on the same connection, and gets the same image again', () => {
    const world = running({ mode: 'single' });
    for (let count = 2; count <= 5; count++) {
      world.link.start(world.now);
      world.settle();
      expect(world.images).toBe(count);
    }
    expect(world.link.stats.connections).toBe(1);
  });

  test('opens a new connection when the kept one had died', () => {
    const world = running({ mode: 'single' });
    world.cut();
    world.link.start(world.now);
    world.settle();
    expect(world.images).toBe(2);
    expect(world.errors).toEqual([]);
  });

  test('fails with CONNECTION when the server cannot be reached', () => {
    const world = new SimulatedLink(link({ mode: 'single' }), server());
    world.reachable = false;
    world.link.start(0);
    world.settle();
    expect(world.errors).toMatchObject([{ code: 'CONNECTION' }]);
  });

  test('fails with TOO_MANY_HELD when no buffer is left', () => {
    const world = running({ mode: 'single', buffers: 2 });
    world.onImage = () => undefined;
    world.link.start(world.now);
    world.settle();
    world.link.start(world.now);
    world.settle();
    expect(world.errors).toMatchObject([{ code: 'TOO_MANY_HELD' }]);
  });

  test('says how many bytes had come when the server stops in the middle of an image', () => {
    const whole = recording('single_tcp_gray8').server[0] as Uint8Array;
    const one = link({ mode: 'single', starttime: 1_795_150_120, timeout: 300 });
    one.start(0);
    one.poll(0);
    one.opened(0);
    one.poll(0);
    one.receive(whole.subarray(0, 200), 10);
    const errors = [];
    for (let action = one.poll(400); action !== undefined; action = one.poll(400)) {
      if (action.type === 'failed') errors.push(action.error);
    }
    expect(errors).toMatchObject([
      { code: 'TIMEOUT', details: { offset: 112 }, message: expect.stringContaining('112 bytes') },
    ]);
  });

  test('says where the connection ended when it ends in the middle of an image', () => {
    const whole = recording('single_tcp_gray8').server[0] as Uint8Array;
    for (let length = 1; length < whole.length; length++) {
      const one = link({ mode: 'single', starttime: 1_795_150_120 });
      one.start(0);
      one.poll(0);
      one.opened(0);
      one.poll(0);
      one.receive(whole.subarray(0, length), 10);
      one.lost(11);
      expect(one.poll(11), `${length}`).toMatchObject({
        type: 'failed',
        error: { code: 'CONNECTION', details: { offset: length }, message: expect.stringContaining('inside an image') },
      });
    }
  });

  test('fails with TINE_PROTOCOL and the offset when the server sends garbage', () => {
    const world = running({ mode: 'single' });
    world.deaf = true;
    world.link.start(world.now);
    world.settle();
    world.link.receive(new TextEncoder().encode('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n'), world.now);
    world.settle();
    expect(world.errors).toMatchObject([{ code: 'TINE_PROTOCOL', details: { offset: expect.any(Number) } }]);
  });
});

/** A status of that code for whatever the link asked last. */
function refusal(request: Uint8Array, code: number, systemStamp = 0, counter = 0): Uint8Array {
  const sub = decodeRequest(request).subrequests[0];
  if (sub === undefined) throw new Error('no request');
  const header = {
    id: sub.id,
    retCode: code,
    numblks: 1,
    blknum: counter > 0 ? 1 : 0,
    mtu: 0,
    format: 55,
    counter,
    protocol: 7,
    reason: 0,
    starttime: sub.starttime,
    statusBytes: 192,
    statusCode: 0,
    seconds: 1,
    microseconds: 2,
    userStamp: 0,
    systemStamp,
    dataSize: sub.contract.sizeOut,
    reserved: 0,
  };
  return encodeResponse('REF', header, encodeStatus('the server says no'));
}

/** A link that a scripted server answers with one status after another; what it asked, in order. */
function refused(one: ClientLink, answer: (request: Uint8Array, turn: number) => Uint8Array | undefined, until = 3000) {
  const asked: Uint8Array[] = [];
  const words: string[] = [];
  let error: unknown;
  one.start(0);
  for (let now = 0; now < until; now += 10) {
    for (let action = one.poll(now); action !== undefined; action = one.poll(now)) {
      words.push(action.type);
      if (action.type === 'open') one.opened(now);
      if (action.type === 'failed') error = action.error;
      if (action.type !== 'send') continue;
      const bytes = answer(action.bytes, asked.push(action.bytes));
      if (bytes !== undefined) one.receive(bytes, now);
    }
  }
  const subs = asked.map((bytes) => decodeRequest(bytes).subrequests[0]);
  return { subs, words, error };
}

describe('a refusal', () => {
  test.each([2, 35, 36, 38, 52, 73, 86, 94, 99, 105, 119, 121])('with code %i ends the first attempt', (code) => {
    const { subs, error } = refused(link(), (request) => refusal(request, code));
    expect(subs.filter((sub) => (sub?.mode ?? 0) !== 0)).toHaveLength(1);
    expect(error).toMatchObject({
      code: 'TINE_STATUS',
      details: { status: code, text: 'the server says no' },
      message: expect.stringContaining('the server says no'),
    });
  });

  test.each([29, 77, 97, 152, 163, 177, 999])('with code %i is tried again later', (code) => {
    const { subs, words } = refused(link({ timeout: 60_000 }), (request) => refusal(request, code));
    expect(subs.length).toBeGreaterThanOrEqual(3);
    expect(subs.length).toBeLessThan(10);
    expect(words).not.toContain('failed');
  });

  test('that was no refusal before is tried again: the server may just have been restarted', () => {
    const world = running({ interval: 100 });
    const restarted = server({ property: 'NotYet' });
    world.server = restarted;
    world.cut();
    world.pass(3000);
    expect(world.errors.some((error) => error.details.status === 36)).toBe(true);
    world.server = server();
    world.server.publish(served(2));
    world.cut();
    world.pass(20_000);
    expect(world.images).toBe(2);
  });

  test('of the capacity (23, 25) is answered with twice as much, up to the limit', () => {
    const options = { capacity: 1000, maximumCapacity: 5000 };
    const { subs, error } = refused(link(options), (request) => refusal(request, 25));
    expect(subs.filter((sub) => sub?.mode === 3).map((sub) => sub?.contract.sizeOut)).toEqual([1000, 2000, 4000, 5000]);
    expect(error).toMatchObject({ code: 'TINE_STATUS', details: { status: 25 } });
  });

  test('with the only capacity (179) is answered with that capacity, also a smaller one', () => {
    const { subs } = refused(link({ capacity: 5000 }), (request, turn) =>
      turn === 1 ? refusal(request, 179, 614_588) : turn === 2 ? refusal(request, 179, 300) : undefined,
    );
    expect(subs.slice(0, 3).map((sub) => sub?.contract.sizeOut)).toEqual([5000, 614_588, 300]);
  });

  test('with a capacity (179) beyond the limit fails: nothing is allocated on the word of a server', () => {
    const { error } = refused(link({ maximumCapacity: 10_000_000 }), (request) => refusal(request, 179, 0x7fff_ffff));
    expect(error).toMatchObject({ code: 'TINE_STATUS', details: { status: 179 } });
  });

  test('that asks for another interval each time does not keep the client busy for ever', () => {
    const { subs, error } = refused(link(), (request, turn) => refusal(request, 146, 100 + turn));
    expect(subs.length).toBeLessThan(12);
    expect(error).toMatchObject({ code: 'TINE_STATUS', details: { status: 146 } });
  });

  test('for TCP (185) that comes over TCP already fails', () => {
    const { error } = refused(link({ transport: 'tcp' }), (request) => refusal(request, 185));
    expect(error).toMatchObject({ code: 'TINE_STATUS', details: { status: 185 } });
  });

  test('from the property itself (counter above 0) leaves the subscription standing', () => {
    const { subs, words } = refused(link({ interval: 3000, timeout: 60_000 }), (request) =>
      refusal(request, 29, 0, 50),
    );
    expect(subs).toHaveLength(1);
    expect(words).toEqual(['open', 'send', 'trouble']);
  });
});

test('late answers to another start time are ignored', () => {
  const world = running({ mode: 'single' });
  const late = recording('single_tcp_gray8').server[0] as Uint8Array;
  world.deaf = true;
  world.link.start(world.now);
  world.settle();
  world.link.receive(late, world.now);
  world.settle();
  expect(world.images).toBe(1);
});

test.each([
  ['interval 0', { interval: 0 }],
  ['capacity 0', { capacity: 0 }],
  ['capacity beyond the limit', { capacity: 300_000_000, maximumCapacity: 300_000_000 }],
  ['buffers 1', { buffers: 1 }],
  ['id 0', { id: 0 }],
  ['a device of 65 characters', { target: { eqm: 'E', device: 'x'.repeat(65), property: 'P' } }],
])('%s is BAD_ARGUMENT', (_, options) => {
  expect(() => link(options)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
});
