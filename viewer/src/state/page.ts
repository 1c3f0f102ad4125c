import type { CameraNews } from '../../../src/view/wire.js';
import { ServerClock } from '../wire/server-clock.js';
import { CameraView } from './camera-view.js';
import { GridWatch } from './grid-watch.js';
import { Observable } from './observable.js';

/** Colours of the page. */
export type Theme = 'system' | 'dark' | 'light';

/** How often a server that does not answer is asked again, ms. */
const askAgainMs = 1000;

/** The page: which cameras there are, and whether one is shown in large or all of them in a grid. */
export class Page extends Observable {
  readonly #clock = new ServerClock();
  #cameras: readonly CameraNews[] = [];
  #view: CameraView | undefined;
  #grid: GridWatch | undefined;
  #problem: string | undefined;
  #theme = (localStorage.getItem('theme') as Theme | null) ?? 'system';
  #helpShown = false;

  constructor() {
    super();
    this.#clock.start();
    addEventListener('hashchange', () => this.#follow());
    this.#showTheme();
    void this.#ask();
  }

  /** The server's cameras, as they were when the page was opened. */
  get cameras(): readonly CameraNews[] {
    return this.#cameras;
  }

  /** The camera in large. */
  get view(): CameraView | undefined {
    return this.#view;
  }

  /** All cameras in small. */
  get grid(): GridWatch | undefined {
    return this.#grid;
  }

  /** Why there are no cameras. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Colours of the page. */
  get theme(): Theme {
    return this.#theme;
  }

  /** Whether the keys are explained. */
  get helpShown(): boolean {
    return this.#helpShown;
  }

  /** Shows one camera in large; undefined: all in a grid. */
  open(camera: number | undefined): void {
    location.hash = camera === undefined ? '#all' : `#camera=${camera}`;
  }

  /** Explains the keys, or not. */
  showHelp(shown: boolean): void {
    this.#helpShown = shown;
    this.changed();
  }

  /** The next of the three choices of colours. */
  nextTheme(): void {
    const themes: readonly Theme[] = ['system', 'dark', 'light'];
    this.#theme = themes[(themes.indexOf(this.#theme) + 1) % themes.length] as Theme;
    localStorage.setItem('theme', this.#theme);
    this.#showTheme();
    this.changed();
  }

  #showTheme(): void {
    if (this.#theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = this.#theme;
  }

  async #ask(): Promise<void> {
    try {
      const answer = await fetch('api/cameras');
      if (!answer.ok) throw new Error((await answer.text()).trim());
      this.#cameras = await answer.json();
      this.#problem = undefined;
      this.#follow();
    } catch (error) {
      this.#problem = (error as Error).message;
      setTimeout(() => void this.#ask(), askAgainMs);
    }
    this.changed();
  }

  /** Shows what the address bar says: a lone camera is shown in large at once. */
  #follow(): void {
    const asked = /^#camera=(\d+)$/.exec(location.hash)?.[1];
    const camera = asked === undefined ? undefined : this.#cameras[Number(asked)];
    const only = this.#cameras.length === 1 && location.hash !== '#all' ? this.#cameras[0] : undefined;
    this.#show(camera ?? only);
  }

  #show(camera: CameraNews | undefined): void {
    this.#view?.close();
    this.#grid?.close();
    this.#view = camera === undefined ? undefined : new CameraView(camera.camera, camera.address, this.#clock);
    this.#grid = camera === undefined ? new GridWatch(this.#cameras, this.#clock) : undefined;
    document.title = camera === undefined ? 'Framelane' : `${camera.address} · Framelane`;
    this.changed();
  }
}
