import { setTimeout as sleep } from 'node:timers/promises';
import { hasBrowser, launchBrowser, openPage } from '../../test/view/browser.js';
import { processSeconds } from './process-time.js';

/** What the page says of itself in Debian's chromium, which draws on the processor here. */
export interface PageFigures {
  /** Share of a core that the server takes meanwhile. */
  readonly serverCpuFraction: number;
  /** Frames a second that the page drew. */
  readonly shownFps: number;
  /** Median time from the producer's publish to the last byte in the page, milliseconds; of the last second. */
  readonly sourceToPage_ms_p50: number;
  /** What the status line says. */
  readonly status: string;
  /** JavaScript memory of the page, bytes, at the end. */
  readonly heapBytes: number;
}

/** The live page in a browser, for so many seconds; undefined without a browser. */
export async function pageFigures(url: string, serverPid: number, seconds: number): Promise<PageFigures | undefined> {
  if (!hasBrowser) return undefined;
  const browser = await launchBrowser();
  try {
    const { page } = await openPage(browser, url);
    await page.locator('.chip.live').waitFor();
    await sleep(2000);
    const [cpu, began] = [processSeconds(serverPid), performance.now()];
    await sleep(seconds * 1000);
    const serverCpuFraction = (processSeconds(serverPid) - cpu) / ((performance.now() - began) / 1000);
    const status = (await page.locator('.status').textContent()) ?? '';
    const latency = await page.getByLabel(/^Latency to this page/).getAttribute('aria-label');
    const heapBytes = (await page.evaluate('performance.memory?.usedJSHeapSize ?? 0')) as number;
    return {
      serverCpuFraction: Math.round(serverCpuFraction * 1000) / 1000,
      shownFps: Number(/Shown ([\d.]+)/.exec(status)?.[1]),
      sourceToPage_ms_p50: Number(/latency ([\d.]+)/.exec(latency ?? '')?.[1]),
      status,
      heapBytes,
    };
  } finally {
    await browser.close();
  }
}

/** A page whose memory is looked at. */
export interface MeasuredPage {
  /** JavaScript and array memory after a collection, bytes. */
  heapBytes(): Promise<number>;
  close(): Promise<void>;
}

/** Opens the page to look at its memory; undefined without a browser. */
export async function openMeasured(url: string): Promise<MeasuredPage | undefined> {
  if (!hasBrowser) return undefined;
  const browser = await launchBrowser();
  const { page } = await openPage(browser, url, { width: 860, height: 360 });
  await page.locator('.chip.live').waitFor();
  const session = await page.context().newCDPSession(page);
  const heapBytes = async () => {
    await session.send('HeapProfiler.collectGarbage');
    const { usedSize, backingStorageSize = 0 } = (await session.send('Runtime.getHeapUsage')) as HeapUsage;
    return usedSize + backingStorageSize;
  };
  return { heapBytes, close: () => browser.close() };
}

interface HeapUsage {
  readonly usedSize: number;
  readonly backingStorageSize?: number;
}
