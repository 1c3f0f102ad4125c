import type { CameraView } from './camera-view.js';
import type { Page } from './page.js';

/** A key and what it does. */
export interface Shortcut {
  /** `KeyboardEvent.key`, lower case. */
  readonly keys: readonly string[];
  /** As it is shown. */
  readonly shown: string;
  readonly words: string;
  readonly run: (view: CameraView, event: KeyboardEvent) => void;
}

const arrows: Readonly<Record<string, readonly [number, number]>> = {
  arrowleft: [-1, 0],
  arrowright: [1, 0],
  arrowup: [0, -1],
  arrowdown: [0, 1],
};

/** Pixels that an arrow moves the cross by, with Shift. */
const largeStep = 10;

/** What keys do while a camera is shown in large. */
export const shortcuts: readonly Shortcut[] = [
  { keys: [' ', 'p'], shown: 'Space', words: 'pause, go on', run: (view) => view.pause(!view.paused) },
  { keys: [','], shown: ',', words: 'one frame back', run: (view) => view.step(-1) },
  { keys: ['.'], shown: '.', words: 'one frame on', run: (view) => view.step(1) },
  { keys: Object.keys(arrows), shown: '← → ↑ ↓', words: 'move the cross, with Shift by 10 pixels', run: moveCross },
  { keys: ['+', '='], shown: '+', words: 'larger', run: (view) => zoomBy(view, 1.5) },
  { keys: ['-', '_'], shown: '−', words: 'smaller', run: (view) => zoomBy(view, 1 / 1.5) },
  { keys: ['0', 'f'], shown: '0', words: 'whole picture', run: ({ viewport }) => viewport.fit() },
  { keys: ['1'], shown: '1', words: 'a pixel a dot', run: (view) => zoomBy(view, 1 / view.viewport.zoom) },
  { keys: ['a'], shown: 'A', words: 'levels by the picture', run: ({ levels }) => levels.setMode('auto') },
  { keys: ['r'], shown: 'R', words: 'levels: full range', run: ({ levels }) => levels.setMode('full') },
  { keys: ['['], shown: '[ ]', words: 'black lower; ]: higher', run: (view) => moveBlack(view, -1) },
  { keys: [']'], shown: '', words: '', run: (view) => moveBlack(view, 1) },
  { keys: ['{'], shown: '{ }', words: 'white lower; }: higher', run: (view) => moveWhite(view, -1) },
  { keys: ['}'], shown: '', words: '', run: (view) => moveWhite(view, 1) },
  { keys: ['c'], shown: 'C', words: 'next colour map', run: ({ levels }) => levels.nextColours() },
  { keys: ['o'], shown: 'O', words: 'mark clipped pixels', run: ({ levels }) => levels.setMarked(!levels.marked) },
  { keys: ['m'], shown: 'M', words: 'drag moves the picture', run: ({ marks }) => marks.setTool('move') },
  { keys: ['w'], shown: 'W', words: 'drag sets levels', run: ({ marks }) => marks.setTool('levels') },
  { keys: ['l'], shown: 'L', words: 'line: from the cross; L again: to the cross', run: markLine },
  { keys: ['g'], shown: 'G', words: 'region: from the cross; G again: to the cross', run: markRegion },
  { keys: ['escape'], shown: 'Esc', words: 'remove line and region', run: ({ marks }) => marks.clear() },
];

/** Listens to the keyboard until the answer is called. */
export function listenToKeys(page: Page): () => void {
  const listen = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
    const key = event.key.toLowerCase();
    if (key === '?') page.showHelp(!page.helpShown);
    else if (key === 'escape' && page.helpShown) page.showHelp(false);
    else if (key === 't') page.nextTheme();
    else if (!runShortcut(page, key, event)) return;
    event.preventDefault();
  };
  addEventListener('keydown', listen);
  return () => removeEventListener('keydown', listen);
}

function runShortcut(page: Page, key: string, event: KeyboardEvent): boolean {
  const shortcut = shortcuts.find(({ keys }) => keys.includes(key));
  if (page.view === undefined || shortcut === undefined) return false;
  shortcut.run(page.view, event);
  return true;
}

/** Keys belong to the control that has the focus where it understands them. */
function isTyping({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest('input, select, textarea')) return true;
  return target.closest('button, a, summary') !== null && [' ', 'Enter'].includes(key);
}

function zoomBy(view: CameraView, factor: number): void {
  const { viewport, marks } = view;
  const { pixel } = marks;
  const dot = pixel === undefined ? undefined : viewport.dotAt({ x: pixel.x + 0.5, y: pixel.y + 0.5 });
  viewport.zoomTo(viewport.zoom * factor, dot);
}

function moveCross({ marks, viewport }: CameraView, event: KeyboardEvent): void {
  const [right, down] = arrows[event.key.toLowerCase()] as readonly [number, number];
  const step = event.shiftKey ? largeStep : 1;
  const { width, height } = viewport.picture;
  const from = marks.pixel ?? { x: Math.floor(width / 2), y: Math.floor(height / 2) };
  const inside = (at: number, count: number) => Math.min(count - 1, Math.max(0, at));
  const pixel = { x: inside(from.x + right * step, width), y: inside(from.y + down * step, height) };
  marks.setPixel(pixel);
  viewport.reveal(pixel);
}

/** Steps of the levels: a hundredth of the range. */
const levelStep = (view: CameraView) => Math.max(1, Math.round(view.levels.brightest / 100));

function moveBlack(view: CameraView, way: 1 | -1): void {
  view.levels.setWindow(view.levels.low + way * levelStep(view), view.levels.high);
}

function moveWhite(view: CameraView, way: 1 | -1): void {
  view.levels.setWindow(view.levels.low, view.levels.high + way * levelStep(view));
}

function markLine({ marks }: CameraView): void {
  marks.markFromCross('line');
}

function markRegion({ marks }: CameraView): void {
  marks.markFromCross('region');
}
