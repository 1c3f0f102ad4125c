/** The live page: a web server that shows sources as they are, pixel by pixel. */
export { isLoopback, newToken } from './access.js';
export { serveView, ViewServer, type ViewServerOptions, viewServerLimits } from './server.js';
