import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';

/** Who may look. */
export interface AccessOptions {
  /** Address that is listened on. */
  readonly address: string;
  /** Secret that must be shown; undefined: none, only on loopback. */
  readonly token: string | undefined;
  /** Names besides this machine's own under which the page may be asked for. */
  readonly hosts: readonly string[];
}

/** Name of the cookie that remembers the token. */
const cookieName = 'framelane';

/** Why a request is turned away. */
export interface Refusal {
  /** HTTP status code. */
  readonly status: number;
  readonly message: string;
}

/** Whether an address can be reached from this machine only. */
export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address);
}

/** A secret that nobody guesses. */
export function newToken(): string {
  return randomBytes(16).toString('hex');
}

/** Turns away requests that other web sites, other names or strangers make. */
export class Access {
  readonly #options: AccessOptions;
  readonly #names: ReadonlySet<string>;

  constructor(options: AccessOptions) {
    this.#options = options;
    const own = isLoopback(options.address) ? [] : [hostname().toLowerCase()];
    this.#names = new Set(['localhost', ...own, ...options.hosts.map((name) => name.toLowerCase())]);
  }

  /** Undefined: the request may be answered. */
  refuse(request: IncomingMessage, url: URL): Refusal | undefined {
    if (!this.#knowsHost(request.headers.host)) {
      return { status: 421, message: `this page is not called "${request.headers.host}"; name it with --host-name` };
    }
    if (!isSameOrigin(request)) return { status: 403, message: 'other web sites may not use this page' };
    if (!this.#hasToken(request, url)) {
      return { status: 401, message: 'open the address with ?token=... that framelane view has printed' };
    }
    return undefined;
  }

  /** The cookie to set for a request whose address carries the token, so that the address bar need not keep it. */
  cookieFor(url: URL): string | undefined {
    const { token } = this.#options;
    if (token === undefined || url.searchParams.get('token') === null) return undefined;
    return `${cookieName}=${encodeURIComponent(token)}; HttpOnly; SameSite=Strict; Path=/`;
  }

  /**
   * A web site whose name was made to point here (DNS rebinding) comes with its own name. Numbers cannot be rebound, but
   * on loopback only loopback's own are right.
   */
  #knowsHost(host: string | undefined): boolean {
    const name = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(:\d+)?$/i.exec(host ?? '')?.[1]?.toLowerCase();
    if (name === undefined) return false;
    const bare = name.replace(/^\[|\]$/g, '');
    if (isIP(bare) !== 0) return isLoopback(bare) || !isLoopback(this.#options.address);
    return this.#names.has(name);
  }

  #hasToken(request: IncomingMessage, url: URL): boolean {
    const { token } = this.#options;
    if (token === undefined) return true;
    const cookie = new RegExp(`(?:^|;\\s*)${cookieName}=([^;]*)`).exec(request.headers.cookie ?? '')?.[1];
    const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    return [url.searchParams.get('token'), cookie, bearer].some((shown) => shown != null && isEqual(shown, token));
  }
}

/** Browsers say where a request comes from; programs that are no browsers say nothing. */
function isSameOrigin({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  const { origin } = headers;
  return origin === undefined || /^https?:\/\/(.+)$/.exec(origin)?.[1] === headers.host;
}

/** Compares in a time that says nothing of where they differ. */
function isEqual(shown: string, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(shown), digest(token));
}
