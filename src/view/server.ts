import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { FramelaneError } from '../error.js';
import { Access, isLoopback } from './access.js';
import { type Asset, loadAssets } from './assets.js';
import { Camera } from './camera.js';
import { originalQuery, requestsOf } from './view-query.js';
import { checkViewedAddress } from './viewed-source.js';
import { Viewer } from './viewer.js';

/** What is shown, and to whom. */
export interface ViewServerOptions {
  /** Addresses of the sources, `scheme:path?options`. */
  readonly sources: readonly string[];
  /** Port; 0 (default) for one that is free. */
  readonly port?: number;
  /** Address to listen on; default 127.0.0.1. Any other than loopback needs a token. */
  readonly address?: string;
  /** Secret that viewers must show; default: none. */
  readonly token?: string;
  /** Names besides this machine's own that may stand in the page's address. */
  readonly hosts?: readonly string[];
  /** Views at once; default 16. One more is answered with 503. */
  readonly viewers?: number;
}

/** Limits of the server. */
export const viewServerLimits = {
  /** Sources of one server. */
  sources: 64,
  /** Views at once, unless told otherwise. */
  viewers: 16,
  /** Bytes of a request's body. */
  bodyBytes: 1024,
} as const;

/** Nothing but the page's own files runs in the page, and no other page may frame it. */
const contentPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const safety = {
  'Content-Security-Policy': contentPolicy,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
} as const;

/** Serves the page and its frames. Throws `BAD_ARGUMENT`, `BAD_URI`, `UNKNOWN_SCHEME`, `CONNECTION`, `IO`. */
export async function serveView(options: ViewServerOptions): Promise<ViewServer> {
  const server = new ViewServer(options);
  await server.listen();
  return server;
}

/** The server of the live page: the page's files, one response of frames a view, and small questions. */
export class ViewServer implements AsyncDisposable {
  readonly #options: ViewServerOptions;
  readonly #address: string;
  readonly #access: Access;
  readonly #assets: ReadonlyMap<string, Asset>;
  readonly #cameras: readonly Camera[];
  readonly #viewers = new Map<string, Viewer>();
  readonly #http: Server;

  constructor(options: ViewServerOptions) {
    const { sources, address = '127.0.0.1', token, hosts = [] } = options;
    checkOptions(options, address);
    this.#options = options;
    this.#address = address;
    this.#access = new Access({ address, token, hosts });
    this.#assets = loadAssets(fileURLToPath(new URL('../../dist/viewer', import.meta.url)));
    this.#cameras = sources.map((source, index) => new Camera(index, source));
    this.#http = createServer((request, response) => void this.#answer(request, response));
    this.#http.headersTimeout = 10_000;
    this.#http.requestTimeout = 10_000;
    // A page has its view, its files and its questions.
    this.#http.maxConnections = 6 * this.#mostViewers + 32;
  }

  /** Starts listening. Throws `BAD_URI`, `UNKNOWN_SCHEME`, and `CONNECTION` when the port is taken. */
  async listen(): Promise<void> {
    for (const { address } of this.#cameras) await checkViewedAddress(address);
    const { port = 0 } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', (cause) => {
        const message = `cannot listen on ${this.#address}:${port}: ${cause.message}`;
        reject(new FramelaneError('CONNECTION', message, { subject: `${this.#address}:${port}` }, { cause }));
      });
      this.#http.listen(port, this.#address, resolve);
    });
  }

  /** The page's address, with the token where there is one. */
  get url(): string {
    const { port } = this.#http.address() as AddressInfo;
    const host = this.#address.includes(':') ? `[${this.#address}]` : this.#address;
    const { token } = this.#options;
    return `http://${host}:${port}/${token === undefined ? '' : `?token=${encodeURIComponent(token)}`}`;
  }

  /** Views open now. */
  get viewers(): number {
    return this.#viewers.size;
  }

  get #mostViewers(): number {
    return this.#options.viewers ?? viewServerLimits.viewers;
  }

  /** Ends all views, closes all sources; idempotent. */
  async close(): Promise<void> {
    for (const viewer of this.#viewers.values()) viewer.close();
    const closed = new Promise((resolve) => this.#http.close(resolve));
    this.#http.closeAllConnections();
    await Promise.all([closed, ...this.#cameras.map((camera) => camera.close())]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const url = new URL(request.url ?? '/', 'http://page');
      const refusal = this.#access.refuse(request, url);
      if (refusal !== undefined) return say(response, refusal.status, refusal.message);
      await this.#route(request, response, url);
    } catch (error) {
      const status = error instanceof FramelaneError ? 400 : 500;
      if (!response.headersSent) say(response, status, (error as Error).message);
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const route = `${request.method} ${url.pathname}`;
    switch (route) {
      case 'GET /api/cameras':
        return sayJson(
          response,
          this.#cameras.map((camera) => camera.news()),
        );
      case 'GET /api/clock':
        return sayJson(response, { nowMs: performance.timeOrigin + performance.now() });
      case 'GET /api/frames':
        return this.#openView(request, response, url);
      case 'GET /api/original':
        return this.#original(url.searchParams, response);
      case 'POST /api/arrived':
        return this.#arrived(await bodyOf(request), response);
      case 'POST /api/retry':
        return this.#retry(await bodyOf(request), response);
      default:
        return this.#file(request, response, url);
    }
  }

  #file(request: IncomingMessage, response: ServerResponse, url: URL): void {
    const cookie = this.#access.cookieFor(url);
    if (cookie !== undefined) {
      response.writeHead(303, { ...safety, 'Set-Cookie': cookie, Location: url.pathname }).end();
      return;
    }
    const asset = this.#assets.get(url.pathname);
    if (asset === undefined) say(response, 404, 'there is no such page');
    else if (request.method !== 'GET') say(response, 405, 'GET only');
    else {
      const keep = asset.immutable ? 'public, max-age=31536000, immutable' : 'no-cache';
      response.writeHead(200, { ...safety, 'Content-Type': asset.type, 'Cache-Control': keep }).end(asset.bytes);
    }
  }

  #openView(request: IncomingMessage, response: ServerResponse, url: URL): void {
    const { requests, ...how } = requestsOf(url.searchParams, this.#cameras);
    if (this.#viewers.size >= this.#mostViewers) {
      say(response, 503, `${this.#mostViewers} views are open already; close one, or raise --viewers`);
      return;
    }
    // No chunks: the response ends with its connection, and pixels go to the socket as they are.
    response.removeHeader('Transfer-Encoding');
    response.writeHead(200, { ...safety, 'Content-Type': 'application/octet-stream', 'Cache-Control': 'no-store' });
    response.flushHeaders();
    const { socket } = request;
    socket.setNoDelay(true);
    const name = randomBytes(9).toString('base64url');
    const viewer = new Viewer(socket, requests, { name, ...how });
    this.#viewers.set(name, viewer);
    socket.once('close', () => {
      this.#viewers.delete(name);
      viewer.close();
    });
  }

  async #original(query: URLSearchParams, response: ServerResponse): Promise<void> {
    const { camera, sequence, captureTime } = originalQuery(query, this.#cameras);
    const original = camera.original(sequence, captureTime);
    if (original === undefined) return say(response, 410, 'the original of this picture is no longer kept');
    const bytes = await original.read();
    response.writeHead(200, { ...safety, 'Content-Type': 'application/octet-stream', 'Cache-Control': 'no-store' });
    response.end(bytes);
  }

  #arrived(body: Record<string, unknown>, response: ServerResponse): void {
    const { viewer, number, busy } = body;
    const known = typeof viewer === 'string' ? this.#viewers.get(viewer) : undefined;
    if (typeof number === 'number') known?.arrived(number, busy === true);
    response.writeHead(204, safety).end();
  }

  #retry(body: Record<string, unknown>, response: ServerResponse): void {
    if (typeof body.camera === 'number') this.#cameras[body.camera]?.retry();
    response.writeHead(204, safety).end();
  }
}

function checkOptions({ sources, token, viewers = 1 }: ViewServerOptions, address: string): void {
  const wrong = (message: string) => new FramelaneError('BAD_ARGUMENT', message);
  if (sources.length === 0) throw wrong('name a source to look at');
  if (sources.length > viewServerLimits.sources) {
    throw wrong(`${sources.length} sources are too many: at most ${viewServerLimits.sources}`);
  }
  if (!Number.isInteger(viewers) || viewers < 1) throw wrong(`${viewers} viewers make no sense: 1 or more`);
  if (token !== undefined && token.length < 8) throw wrong('a token has at least 8 characters');
  if (token === undefined && !isLoopback(address)) {
    throw wrong(`listening on ${address} lets others look: give a token, or use 127.0.0.1`);
  }
}

function say(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { ...safety, 'Content-Type': 'text/plain; charset=utf-8' }).end(`${message}\n`);
}

function sayJson(response: ServerResponse, value: unknown): void {
  const headers = { ...safety, 'Content-Type': 'application/json', 'Cache-Control': 'no-store' };
  response.writeHead(200, headers).end(JSON.stringify(value));
}

/** A small JSON object. Throws `LIMIT_EXCEEDED`, `BAD_ARGUMENT`. */
async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = '';
  for await (const piece of request.setEncoding('utf8')) {
    text += piece;
    if (text.length > viewServerLimits.bodyBytes) {
      request.destroy();
      throw new FramelaneError('LIMIT_EXCEEDED', `a request of more than ${viewServerLimits.bodyBytes} bytes`);
    }
  }
  try {
    return Object(JSON.parse(text));
  } catch {
    throw new FramelaneError('BAD_ARGUMENT', 'the request is not JSON');
  }
}
