import { constants } from 'node:os';
import { type ErrorCode, FramelaneError } from '../error.js';

/** What each error of the kernel means for a UDP socket, and what to do about it. */
const meanings: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  EADDRINUSE: ['ADDRESS_IN_USE', 'another program receives there: choose another port (0: any that is free)'],
  EADDRNOTAVAIL: ['BAD_ARGUMENT', 'this machine has no such address: give one of its own, or leave it out'],
  EACCES: ['BAD_ARGUMENT', 'not allowed: ports below 1024 and broadcast addresses need privileges'],
  EAFNOSUPPORT: ['UNSUPPORTED', 'this machine has no addresses of that family (IPv6 may be off): use the other'],
  ENETUNREACH: ['UNREACHABLE', 'no route leads there: check the address, the network cable and `ip route`'],
  EHOSTUNREACH: ['UNREACHABLE', 'the machine does not answer: check the address and that it is switched on'],
  ENETDOWN: ['UNREACHABLE', 'the network interface is down: check `ip link`'],
  ENODEV: ['BAD_ARGUMENT', 'no network interface leads there: name one (multicast.interface)'],
  EPERM: ['IO', 'a firewall of this machine forbids it: check `nft list ruleset`'],
  EMSGSIZE: ['BAD_ARGUMENT', 'a datagram is too large for this way: make packets smaller (MTU)'],
  EMFILE: ['IO', 'this process has too many files open: close some, or raise `ulimit -n`'],
  ENOTSUP: ['UNSUPPORTED', 'this runtime offers no event loop to native code: use Node'],
  EBADMSG: ['BAD_ARGUMENT', 'the send plan points outside of its headers or data'],
  ECANCELED: ['LIMIT_EXCEEDED', 'the key of this stream is used up: begin a new one'],
  EBADF: ['SOCKET_CLOSED', 'the socket was closed'],
};

const names = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

/** An errno (positive) as an error that says what was tried and what to do. */
export function socketError(errno: number, tried: string): FramelaneError {
  const name = names.get(errno) ?? `errno ${errno}`;
  const [code, advice] = meanings[name] ?? ['IO', 'the kernel refused'];
  return new FramelaneError(code, `${tried}: ${name}: ${advice}`, { subject: tried, errno: name });
}

/** Passes on a result of native code; throws what a negative one stands for. */
export function checked(result: number, tried: string): number {
  if (result < 0) throw socketError(-result, tried);
  return result;
}
