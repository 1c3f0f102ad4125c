import { describe, expect, test } from 'vitest';
import { decodeRequest, encodeRequest, type Request, type Subrequest } from '../../../src/tine/net/request.js';
import { type BlockHeader, decodeBlockHeader } from '../../../src/tine/net/response.js';
import { type ServerPeer, termFrames } from '../../../src/tine/net/subscription.js';
import type { ServerAction, VideoServer } from '../../../src/tine/net/video-server.js';
import { recording, recordings } from './recordings.js';
import { messagesOf, peer, served, server } from './simulated-link.js';

const template = decodeRequest(recording('single_udp_gray8').client[0] as Uint8Array);

type Changes = Partial<Omit<Subrequest, 'contract'>> & { contract?: Partial<Subrequest['contract']> };

function request(changes: Changes = {}, outer: Partial<Request> = {}): Uint8Array {
  const sub = template.subrequests[0] as Subrequest;
  const contract = { ...sub.contract, ...changes.contract };
  return encodeRequest({ ...template, ...outer, subrequests: [{ ...sub, ...changes, contract }] });
}

function actions(of: VideoServer, now: number): ServerAction[] {
  const out: ServerAction[] = [];
  for (let action = of.poll(now); action !== undefined; action = of.poll(now)) out.push(action);
  return out;
}

const headerOf = (message: Uint8Array): BlockHeader => decodeBlockHeader(message.subarray(32));

/** What the server answers at once, as block headers. */
function answers(of: VideoServer, from: ServerPeer, message: Uint8Array, now = 0): BlockHeader[] {
  of.receive(from, message, now);
  return actions(of, now).flatMap(messagesOf).map(headerOf);
}

function withImage(options: Parameters<typeof server>[0] = {}, image = served(1)): VideoServer {
  const one = server(options);
  one.publish(image);
  return one;
}

const timer = (changes: Changes = {}) => request({ mode: 3, interval: 100, ...changes });

describe('a recorded client', () => {
  test.each(['single_udp_gray8', 'single_udp_gray8_cap236', 'single_udp_gray8_cap48', 'single_tcp_gray8'])(
    '%s gets the image it asked for, exactly, never padded',
    (name) => {
      const from = recording(name);
      const image = served(1);
      const one = withImage({}, image);
      one.receive(peer('udp'), from.client[0] as Uint8Array, 0);
      const messages = actions(one, 0).flatMap(messagesOf);
      expect(messages).toHaveLength(1);
      const [message] = messages as [Uint8Array];
      const theirs = headerOf(from.server[0] as Uint8Array);
      const { seconds, microseconds } = image;
      const expected = { ...theirs, mtu: 236, reason: 0x10, statusCode: 0, seconds, microseconds };
      expect(headerOf(message)).toEqual(expected);
      expect(message.subarray(88)).toEqual(image.bytes);
    },
  );

  test('err_property_udp gets the recorded refusal but for the time', () => {
    const from = recording('err_property_udp');
    const theirs = from.server[0] as Uint8Array;
    const { seconds } = headerOf(theirs);
    const one = withImage({ fec: 'IMGFEC', epoch: seconds * 1000 + 606 });
    one.receive(peer('udp'), from.client[0] as Uint8Array, 0);
    expect(actions(one, 0).flatMap(messagesOf)).toEqual([theirs]);
  });

  test('tcp_required_udp gets the recorded refusal over UDP when the frame is above 60 000 bytes', () => {
    const from = recording('tcp_required_udp');
    const one = withImage({ property: 'FrameTcp' }, served(1, 400, 200));
    const [answer] = answers(one, peer('udp'), from.client[0] as Uint8Array);
    expect(answer).toMatchObject({
      ...headerOf(from.server[0] as Uint8Array),
      seconds: expect.any(Number),
      microseconds: 0,
    });
  });

  test('err_interval_udp is told the least interval when the own minimum is far above', () => {
    const from = recording('err_interval_udp');
    const one = withImage({ minimumInterval: 500 });
    const [answer] = answers(one, peer('udp'), from.client[0] as Uint8Array);
    expect(answer).toMatchObject({ retCode: 146, counter: 0, blknum: 0, systemStamp: 500 });
  });

  test('packed_udp gets an answer to each of its sub-messages', () => {
    const one = withImage();
    const udp = peer('udp');
    one.receive(udp, recording('packed_udp').client[0] as Uint8Array, 0);
    const got: BlockHeader[] = [];
    for (const action of actions(one, 0)) got.push(...messagesOf(action).map(headerOf));
    one.ready(udp);
    for (const action of actions(one, 0)) got.push(...messagesOf(action).map(headerOf));
    expect(got.map(({ id, dataSize }) => [id, dataSize])).toEqual([
      [7, 1000],
      [8, 900],
    ]);
  });

  test('datachange_udp_gray8 keeps two subscriptions, is told the start time, and cancels both in one datagram', () => {
    const one = withImage();
    const udp = peer('udp');
    const { client } = recording('datachange_udp_gray8');
    const formats: number[] = [];
    client.slice(0, -1).forEach((message, index) => {
      one.receive(udp, message, index * 500);
      for (const action of actions(one, index * 500)) {
        formats.push(...messagesOf(action).map((bytes) => headerOf(bytes).format));
        one.ready(udp);
      }
    });
    expect(one.subscriptions).toBe(2);
    expect(new Set(formats)).toEqual(new Set([55, 3]));
    one.receive(udp, client.at(-1) as Uint8Array, 6000);
    expect(actions(one, 6000)).toEqual([]);
    expect(one.subscriptions).toBe(0);
  });

  test('retry_udp with mode 0x803 renews its subscription and makes no second one', () => {
    const one = withImage();
    for (const message of recording('retry_udp').client) one.receive(peer('udp', 'same'), message, 0);
    expect(one.subscriptions).toBe(1);
  });

  test.each(recordings.map(({ name }) => name))('%s never makes the server throw', (name) => {
    const one = withImage();
    const udp = peer('udp');
    for (const message of recording(name).client) {
      one.receive(udp, message, 0);
      for (const _ of actions(one, 0)) one.ready(udp);
    }
    expect(one.stats.damaged).toBe(0);
  });
});

describe('checks stand in the order EQM, property, device, format, write, mode, size', () => {
  const wrong: [number, Changes][] = [
    [86, { contract: { eqm: 'imgeqm' } }],
    [36, { contract: { property: 'Nothing' } }],
    [35, { contract: { device: 'CAM1' } }],
    [2, { contract: { formatOut: 3 } }],
    [73, { contract: { access: 2 } }],
    [99, { mode: 0x201 }],
    [25, { contract: { sizeOut: 47 } }],
  ];

  test.each(wrong)('%i alone', (code, changes) => {
    const [answer] = answers(withImage(), peer('tcp'), request(changes));
    expect(answer).toMatchObject({ retCode: code, counter: 0, blknum: 0, numblks: 1, statusBytes: 192 });
  });

  test('the first of several counts', () => {
    for (let from = 0; from < wrong.length; from++) {
      const rest = wrong.slice(from);
      const contract = Object.assign({}, ...rest.map(([, changes]) => changes.contract));
      const mode = rest.some(([, changes]) => changes.mode !== undefined) ? 0x201 : 1;
      const [answer] = answers(withImage(), peer('tcp'), request({ mode, contract }));
      expect(answer?.retCode).toBe(wrong[from]?.[0]);
    }
  });

  test('185 goes before 25 over UDP', () => {
    const one = withImage({}, served(1, 400, 200));
    expect(answers(one, peer('udp'), request({ contract: { sizeOut: 1 } }))[0]?.retCode).toBe(185);
    expect(answers(one, peer('tcp'), request({ contract: { sizeOut: 1 } }))[0]?.retCode).toBe(25);
  });

  test.each([4, 5, 7, 15])('base mode %i is 99', (mode) => {
    expect(answers(withImage(), peer('tcp'), request({ mode }))[0]?.retCode).toBe(99);
  });

  test('device and property ignore case, #0 is the device, an extension string is no device of ours', () => {
    const right = [{ device: 'cam0' }, { device: '#0' }, { property: 'FRAME' }];
    for (const contract of right) expect(answers(withImage(), peer(), request({ contract }))[0]?.retCode).toBe(0);
    for (const device of ['', '#1', 'CAM']) {
      expect(answers(withImage(), peer(), request({ contract: { device } }))[0]?.retCode).toBe(35);
    }
    expect(answers(withImage(), peer(), request({ extBytes: 4, rest: new Uint8Array(4) }))[0]?.retCode).toBe(35);
  });

  test('capacity leaves the header out for CF_IMAGE and counts it for the default format', () => {
    const codes = (formatOut: number, sizeOut: number) =>
      answers(withImage(), peer(), request({ contract: { formatOut, sizeOut } })).map(({ retCode, format }) => [
        retCode,
        format,
      ]);
    expect(codes(55, 48)).toEqual([[0, 55]]);
    expect(codes(55, 47)).toEqual([[25, 55]]);
    expect(codes(254, 236)).toEqual([[0, 55]]);
    expect(codes(254, 235)).toEqual([[25, 254]]);
  });

  test('SRVSTARTTIME is the start time in seconds, whatever the device', () => {
    const one = withImage();
    one.receive(
      peer(),
      timer({ contract: { property: 'SRVSTARTTIME', device: '', formatOut: 3, sizeOut: 1, tagOut: 'WDOG' } }),
      0,
    );
    const [message] = actions(one, 0).flatMap(messagesOf) as [Uint8Array];
    expect(message.length).toBe(92);
    expect(new DataView(message.buffer, message.byteOffset).getInt32(88, true)).toBe(1_700_000_000);
  });
});

describe('a subscription', () => {
  test('gets the newest frame at once, then each new one, not sooner than its interval', () => {
    const one = withImage();
    const tcp = peer();
    const times: number[] = [];
    one.receive(tcp, timer({ interval: 100 }), 0);
    for (let now = 0; now <= 1000; now++) {
      if (now % 33 === 0) one.publish(served(2 + now));
      for (const _ of actions(one, now)) {
        times.push(now);
        one.ready(tcp);
      }
    }
    expect(times[0]).toBe(0);
    const pauses = times.slice(1).map((time, index) => time - (times[index] as number));
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(100);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(101);
  });

  test('gets a frame the moment it is there when the camera is as fast as the interval, each once', () => {
    const one = withImage();
    const tcp = peer();
    const sent: [number, unknown][] = [];
    one.receive(tcp, timer({ interval: 100 }), 0);
    for (let now = 0; now <= 5000; now++) {
      const jitter = (now % 700) / 100;
      if (Math.floor(now % 100) === Math.floor(3 + jitter)) one.publish(served(now));
      for (const action of actions(one, now)) {
        if (action.type === 'frame') sent.push([now, action.data]);
        one.ready(tcp);
      }
    }
    expect(new Set(sent.map(([, data]) => data)).size).toBe(sent.length);
    expect(sent.length).toBeGreaterThan(45);
  });

  test('gets the same frame again before its client takes the silence for a broken link', () => {
    for (const interval of [10, 100, 200, 1000, 5000]) {
      const one = withImage();
      const tcp = peer();
      const times: number[] = [];
      one.receive(tcp, timer({ interval }), 0);
      for (let now = 0; now <= 4 * interval + 1000; now += 5) {
        for (const _ of actions(one, now)) {
          times.push(now);
          one.ready(tcp);
        }
      }
      const pauses = times.slice(1).map((time, index) => time - (times[index] as number));
      expect(Math.max(...pauses)).toBeLessThan(interval + 200);
      expect(Math.min(...pauses)).toBeGreaterThanOrEqual(Math.max(100, interval));
    }
  });

  test('counts down by one a frame and ends at 0, silently', () => {
    const one = withImage();
    const tcp = peer();
    const counters: number[] = [];
    one.receive(tcp, timer({ interval: 1000 }), 0);
    for (let now = 0; now <= 400_000; now += 500) {
      for (const action of actions(one, now)) {
        counters.push(...messagesOf(action).map((message) => headerOf(message).counter));
        one.ready(tcp);
      }
    }
    const [first = 0] = counters;
    expect(first).toBeGreaterThanOrEqual(60);
    expect(first).toBeLessThan(160);
    expect(counters).toEqual(Array.from({ length: first }, (_, index) => first - index));
    expect(one.subscriptions).toBe(0);
  });

  test('renewed: counter anew, id and start time taken over, no extra frame', () => {
    const one = withImage();
    const tcp = peer();
    one.receive(tcp, timer(), 0);
    for (const _ of actions(one, 0)) one.ready(tcp);
    one.receive(tcp, timer({ id: 9, starttime: 77 }), 10);
    expect(actions(one, 10)).toEqual([]);
    one.publish(served(2));
    const [header] = actions(one, 150).flatMap(messagesOf).map(headerOf);
    expect(header).toMatchObject({ id: 9, starttime: 77 });
    expect(header?.counter).toBeGreaterThanOrEqual(600);
  });

  test('of another capacity on the same connection is another subscription', () => {
    const one = withImage();
    const tcp = peer();
    one.receive(tcp, timer(), 0);
    one.receive(tcp, timer({ contract: { sizeOut: 900 } }), 0);
    expect(one.subscriptions).toBe(2);
    const ids: number[] = [];
    for (let now = 0; now < 500; now += 10) {
      for (const action of actions(one, now)) {
        ids.push(...messagesOf(action).map((message) => headerOf(message).dataSize));
        one.ready(tcp);
      }
    }
    expect(ids.filter((size) => size === 900).length).toBeGreaterThanOrEqual(4);
    expect(ids.filter((size) => size === 1000).length).toBeGreaterThanOrEqual(4);
  });

  test('is told 29 each second while there is no frame, and served when there is one', () => {
    const one = server();
    one.receive(peer(), timer(), 0);
    expect(actions(one, 500)).toEqual([]);
    const [told] = actions(one, 1000).flatMap(messagesOf).map(headerOf);
    expect(told).toMatchObject({ retCode: 29, blknum: 1 });
    expect(told?.counter).toBeGreaterThan(0);
    one.publish(served(1));
    expect(actions(one, 1200).map(({ type }) => type)).toEqual(['frame']);
  });

  test('a single read waits a second for the first frame, then is told 29', () => {
    const one = server();
    const message = request();
    one.receive(peer(), message, 0);
    expect(actions(one, 900)).toEqual([]);
    expect(actions(one, 1000).flatMap(messagesOf).map(headerOf)).toMatchObject([
      { retCode: 29, counter: 0, blknum: 0 },
    ]);
    expect(one.subscriptions).toBe(0);
  });
});

describe('a slow client', () => {
  test('gets whole frames, the newest, and the missed ones are counted', () => {
    const one = withImage();
    const slow = peer('tcp', 'slow');
    const quick = peer('tcp', 'quick');
    one.receive(slow, timer({ interval: 10 }), 0);
    one.receive(quick, timer({ interval: 10 }), 0);
    let forQuick = 0;
    const forSlow: ServerAction[] = [];
    let last = served(1);
    for (let now = 0; now < 200; now += 20) {
      last = served(now + 2);
      one.publish(last);
      for (const action of actions(one, now)) {
        if (action.peer === slow) forSlow.push(action);
        else {
          forQuick++;
          one.ready(quick);
        }
      }
    }
    expect(forQuick).toBe(10);
    expect(forSlow).toHaveLength(1);
    expect(one.stats.dropped).toBe(8);
    one.ready(slow);
    expect(actions(one, 200)).toMatchObject([{ peer: slow, data: last }]);
  });
});

describe('limits', () => {
  test('of subscriptions a peer: 77 beyond', () => {
    const one = withImage({ subscriptionsPerPeer: 3 });
    const busy = { ...peer(), busy: true };
    const codes: number[] = [];
    for (let size = 0; size < 5; size++)
      codes.push(...answers(one, busy, request({ contract: { sizeOut: 900 + size } })).map((h) => h.retCode));
    expect(codes).toEqual([77, 77]);
    expect(one.subscriptions).toBe(3);
  });

  test('of subscriptions in all: 77 beyond, until somebody leaves', () => {
    const one = withImage({ subscriptions: 4 });
    const peers = Array.from({ length: 5 }, (_, index) => ({ ...peer('tcp', `${index}`), busy: true }));
    const codes = peers.flatMap((each) => answers(one, each, timer()).map(({ retCode }) => retCode));
    expect(codes).toEqual([77]);
    one.drop(peers[0] as ServerPeer);
    expect(answers(one, peers[4] as ServerPeer, timer())).toEqual([]);
    expect(one.subscriptions).toBe(4);
  });

  test('a counter stays within 16 bits however short the interval', () => {
    for (const interval of [0.5, 1, 2, 3, 10, 1000, 4_294_967_295]) {
      expect(termFrames(interval, 99)).toBeLessThanOrEqual(32_767);
      expect(termFrames(interval, 0)).toBeGreaterThanOrEqual(60);
    }
  });
});

test('blocks are 1384 bytes for strangers, large over TCP for clients of our own', () => {
  const image = served(1, 640, 480);
  const counts = (userType: string, transport: 'tcp' | 'stream') => {
    const one = withImage({}, image);
    one.receive(peer(transport), request({ contract: { sizeOut: 1_000_000 } }, { userType }), 0);
    return actions(one, 0).flatMap(messagesOf).length;
  };
  expect(counts('JAVA', 'tcp')).toBe(Math.ceil((640 * 480 + 188) / 1384));
  expect(counts('FRMLANE', 'tcp')).toBe(5);
  expect(counts('JAVA', 'stream')).toBe(1);
});
