/**
 * Receives datagrams and counts them until its standard input ends; then prints what that cost this process, as one JSON
 * line. The first line is its port. Arguments: how (`trains`: Framelane with UDP_GRO, `single`: Framelane without,
 * `dgram`: node:dgram).
 */
import { createSocket } from 'node:dgram';
import { UdpSocket } from 'framelane/net';

const [how] = process.argv.slice(2);
let bytes = 0;
let before;

/** Counts from the first datagram on: starting the program is no part of receiving. */
function count(more) {
  before ??= process.cpuUsage();
  bytes += more;
}

async function withFramelane(receiveTrains) {
  const socket = await UdpSocket.open({ local: { address: '127.0.0.1' }, receiveTrains });
  socket.receive((_slab, table, rows) => {
    for (let row = 0; row < rows; row++) count(table[row * 12 + 1]);
  });
  return { port: socket.local.port, drops: () => socket.statistics.kernelDrops, close: () => socket.close() };
}

async function withDgram() {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
  await new Promise((done) => socket.bind(0, '127.0.0.1', done));
  socket.on('message', (message) => count(message.length));
  return { port: socket.address().port, drops: () => undefined, close: () => socket.close() };
}

const receiver = how === 'dgram' ? await withDgram() : await withFramelane(how === 'trains');
console.log(receiver.port);
process.stdin.resume();
process.stdin.on('end', () => {
  const { user, system } = process.cpuUsage(before);
  const gigabytes = bytes / 1e9;
  const cpuSecondsPerGB = (user + system) / 1e6 / gigabytes;
  console.log(JSON.stringify({ cpuSecondsPerGB, gigabytes, drops: receiver.drops() }));
  receiver.close();
});
