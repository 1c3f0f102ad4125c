import { type ColourMap, colourTable, type PixelFormat, yuvFactors } from '../../../src/frame/index.js';
import { textureRowBytes } from '../wire/buffer-pool.js';
import type { LiveFrame } from '../wire/live-frame.js';
import { fragmentShader, vertexShader } from './shader.js';

/** Words of 32 bits in a row of the texture. */
const textureWidth = textureRowBytes / 4;

/** How a frame is shown. */
export interface Look {
  /** Sample value that is black. */
  readonly low: number;
  /** Sample value that is white. */
  readonly high: number;
  readonly colourMap: ColourMap;
  /** Whether the colour map runs from bright to dark. */
  readonly inverted: boolean;
  /** Samples from here on are marked as clipped; 0: none. */
  readonly markFrom: number;
}

/** What part of a frame is shown: place of the canvas's corner in the picture, and how many of its pixels make a dot. */
export interface Section {
  /** Pixels. */
  readonly x: number;
  /** Pixels. */
  readonly y: number;
  /** Pixels of the picture a dot of the canvas. */
  readonly pixelsADot: number;
}

/** Colour beside the picture, 0..1. */
export type Ground = readonly [number, number, number];

interface Program {
  readonly program: WebGLProgram;
  readonly place: (name: string) => WebGLUniformLocation | null;
}

/** Draws frames of any format on a canvas with WebGL 2. */
export class GlPicture {
  readonly #gl: WebGL2RenderingContext;
  readonly #programs = new Map<PixelFormat, Program>();
  readonly #pixels: WebGLTexture;
  readonly #colours: WebGLTexture;
  #rows = 0;
  #colourName = '';
  #uploaded: LiveFrame | undefined;
  /** Whether pictures that are made smaller are smoothed: graphics cards have the time for it. */
  readonly #smooth: boolean;

  /** Throws where the browser has no WebGL 2. `smooth`: whatever time it takes. */
  constructor(
    readonly canvas: HTMLCanvasElement | OffscreenCanvas,
    smooth = false,
  ) {
    const options = { alpha: false, antialias: false, depth: false, desynchronized: false };
    const gl = canvas.getContext('webgl2', options) as WebGL2RenderingContext | null;
    if (gl === null) throw new Error('this browser has no WebGL 2, which shows the pictures');
    this.#gl = gl;
    this.#smooth = smooth || !drawsInSoftware(gl);
    this.#pixels = this.#texture(0);
    this.#colours = this.#texture(1);
  }

  /** Whether the browser took the drawing context away: it is to be made anew. */
  get lost(): boolean {
    return this.#gl.isContextLost();
  }

  /** Draws a section of the frame. The frame's bytes go to the graphics memory once. */
  draw(frame: LiveFrame, section: Section, look: Look, ground: Ground): void {
    const gl = this.#gl;
    const { program, place } = this.#programFor(frame.format);
    gl.useProgram(program);
    if (this.#uploaded !== frame) this.#upload(frame);
    this.#setColours(look);
    this.#describe(frame, place);
    gl.uniform2f(place('origin'), section.x, section.y);
    gl.uniform1f(place('pixelsADot'), section.pixelsADot);
    gl.uniform1f(place('canvasHeight'), this.canvas.height);
    gl.uniform1f(place('low'), look.low);
    gl.uniform1f(place('high'), look.high);
    gl.uniform1f(place('brightest'), look.markFrom);
    gl.uniform3f(place('ground'), ...ground);
    gl.viewport(0, 0, this.canvas.width, this.canvas.height);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  /** Gives the graphics memory back. */
  close(): void {
    this.#gl.deleteTexture(this.#pixels);
    this.#gl.deleteTexture(this.#colours);
    for (const { program } of this.#programs.values()) this.#gl.deleteProgram(program);
  }

  #describe(frame: LiveFrame, place: Program['place']): void {
    const gl = this.#gl;
    const numbers = (pick: (plane: LiveFrame['planes'][number]) => number) =>
      [0, 1, 2].map((index) => (frame.planes[index] ? pick(frame.planes[index]) : 0)) as [number, number, number];
    // The texture begins with the pixels, not with the message's text.
    const start = frame.header.textBytes;
    gl.uniform1i(place('pixels'), 0);
    gl.uniform1i(place('colours'), 1);
    gl.uniform2i(place('size'), frame.width, frame.height);
    gl.uniform3ui(place('at'), ...numbers(({ offset }) => offset - start));
    gl.uniform3ui(place('stride'), ...numbers(({ stride }) => stride));
    const { black, luma, redFromV, greenFromU, greenFromV, blueFromU } = yuvFactors(frame.yuv);
    gl.uniform1i(place('black'), black);
    gl.uniform1i(place('luma'), luma);
    gl.uniform4i(place('chroma'), redFromV, greenFromU, greenFromV, blueFromU);
  }

  #upload(frame: LiveFrame): void {
    const gl = this.#gl;
    const start = frame.header.textBytes;
    const rows = Math.ceil((frame.header.bodyBytes - start) / textureRowBytes);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, this.#pixels);
    if (rows !== this.#rows) {
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.R32UI, textureWidth, rows, 0, gl.RED_INTEGER, gl.UNSIGNED_INT, null);
      this.#rows = rows;
    }
    const words = new Uint32Array(frame.buffer, start, rows * textureWidth);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, textureWidth, rows, gl.RED_INTEGER, gl.UNSIGNED_INT, words);
    this.#uploaded = frame;
  }

  #setColours({ colourMap, inverted }: Look): void {
    const name = `${colourMap} ${inverted}`;
    if (name === this.#colourName) return;
    this.#colourName = name;
    const gl = this.#gl;
    gl.activeTexture(gl.TEXTURE1);
    gl.bindTexture(gl.TEXTURE_2D, this.#colours);
    const table = colourBytes(colourMap, inverted);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, table);
  }

  #texture(unit: 0 | 1): WebGLTexture {
    const gl = this.#gl;
    const texture = gl.createTexture();
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    for (const side of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) {
      gl.texParameteri(gl.TEXTURE_2D, side, gl.CLAMP_TO_EDGE);
    }
    for (const filter of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) {
      gl.texParameteri(gl.TEXTURE_2D, filter, gl.NEAREST);
    }
    return texture;
  }

  #programFor(format: PixelFormat): Program {
    const known = this.#programs.get(format);
    if (known !== undefined) return known;
    const program = this.#link(fragmentShader(format, this.#smooth));
    const places = new Map<string, WebGLUniformLocation | null>();
    const place = (name: string) => {
      if (!places.has(name)) places.set(name, this.#gl.getUniformLocation(program, name));
      return places.get(name) ?? null;
    };
    const made = { program, place };
    this.#programs.set(format, made);
    return made;
  }

  #link(fragment: string): WebGLProgram {
    const gl = this.#gl;
    const program = gl.createProgram();
    for (const [type, source] of [
      [gl.VERTEX_SHADER, vertexShader],
      [gl.FRAGMENT_SHADER, fragment],
    ] as const) {
      const shader = gl.createShader(type) as WebGLShader;
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
      gl.deleteShader(shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
      throw new Error(`the shader does not compile here: ${gl.getProgramInfoLog(program)}`);
    }
    return program;
  }
}

/** Whether the processor draws, for want of a graphics card. */
function drawsInSoftware(gl: WebGL2RenderingContext): boolean {
  const facts = gl.getExtension('WEBGL_debug_renderer_info');
  const name = facts === null ? '' : String(gl.getParameter(facts.UNMASKED_RENDERER_WEBGL));
  return /swiftshader|llvmpipe|software/i.test(name);
}

/** The colour map as 256 times R, G, B, A. */
export function colourBytes(map: ColourMap, inverted: boolean): Uint8Array {
  const table = colourTable(map);
  const out = new Uint8Array(1024);
  for (let level = 0; level < 256; level++) {
    const from = 3 * (inverted ? 255 - level : level);
    out.set([table[from] as number, table[from + 1] as number, table[from + 2] as number, 255], 4 * level);
  }
  return out;
}
