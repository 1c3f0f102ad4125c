import type { Figures } from './contender.js';
import type { Results } from './report.js';
import { median } from './statistics.js';

const rounded = (value: number | undefined) =>
  value === undefined || !Number.isFinite(value) ? null : Number(value.toPrecision(4));

/** Medians of one group, by contender and figure. */
function medians(results: Results, picture: string): (key: string, figure?: keyof Figures) => number {
  const group = results.groups.find((candidate) => candidate.picture.name === picture);
  return (key, figure = 'us') => {
    const found = group?.measured.find(({ contender }) => contender.key === key);
    return found === undefined ? Number.NaN : median(found.figures[figure]);
  };
}

function latencies(results: Results): Record<string, number> {
  const [hd, uhd] = [medians(results, '1080p'), medians(results, '4k')];
  return {
    inPlaceNodePython1080p_us: hd('inPlaceNodePython'),
    inPlaceNodeNode1080p_us: hd('inPlaceNodeNode'),
    inPlaceCNode1080p_us: hd('inPlaceCNode'),
    inPlaceCC1080p_us: hd('inPlaceCC'),
    inPlaceNodePython4k_us: uhd('inPlaceNodePython'),
    inPlaceNodeNode4k_us: uhd('inPlaceNodeNode'),
    inPlaceCC4k_us: uhd('inPlaceCC'),
    cFutexWake_us: hd('cFutexWake'),
    cFutexRound_us: hd('cFutexWake', 'round'),
    cFutexWake4k_us: uhd('cFutexWake'),
    cFutexRound4k_us: uhd('cFutexWake', 'round'),
    oneCopyNodeNode1080p_us: hd('oneCopyNodeNode'),
    oneCopyNodePython1080p_us: hd('oneCopyNodePython'),
    unixSocket1080p_us: hd('unixSocket'),
  };
}

function ratios(results: Results): Record<string, number> {
  const [hd, uhd] = [medians(results, '1080p'), medians(results, '4k')];
  const slowest4k = Math.max(uhd('inPlaceNodePython'), uhd('inPlaceNodeNode'));
  const write = (of: ReturnType<typeof medians>) => of('oneCopyNodeNode', 'write');
  return {
    inPlaceNodePython1080pOverFutex: hd('inPlaceNodePython') / hd('cFutexWake'),
    inPlaceNodeNode1080pOverFutex: hd('inPlaceNodeNode') / hd('cFutexWake'),
    inPlace4kOverFutex: slowest4k / uhd('cFutexWake'),
    inPlaceNodePython1080pOverFutexRound: hd('inPlaceNodePython') / hd('cFutexWake', 'round'),
    inPlaceNodeNode1080pOverFutexRound: hd('inPlaceNodeNode') / hd('cFutexWake', 'round'),
    inPlace4kOverFutexRound: slowest4k / uhd('cFutexWake', 'round'),
    oneCopyOverMemcpy: write(hd) / hd('oneCopyNodeNode', 'memcpy'),
    oneCopyOverMemcpy4k: write(uhd) / uhd('oneCopyNodeNode', 'memcpy'),
    oneCopyOverCachedMemcpy: write(hd) / hd('oneCopyNodeNode', 'cachedMemcpy'),
    unixSocketOverRing: hd('unixSocket') / hd('inPlaceNodeNode'),
    unixSocketOverRing4k: uhd('unixSocket') / uhd('inPlaceNodeNode'),
  };
}

function others({ costs, growth, fast4k }: Results): Record<string, number> {
  const { dropped, fps } = typeof fast4k === 'string' ? { dropped: Number.NaN, fps: Number.NaN } : fast4k;
  return {
    pinUnpin_ns: costs.node.pinUnpin,
    takeRelease_ns: costs.node.takeRelease,
    publish_ns: costs.node.publishWith8Readers,
    pinUnpinC_ns: costs.c.pinUnpin,
    publishC_ns: costs.c.publishWith8Readers,
    growth_bytes_per_frame: growth.rss.slope,
    growth_within: growth.rss.within,
    heapGrowth_bytes_per_frame: growth.heap.slope,
    heapGrowth_within: growth.heap.within,
    externalGrowth_bytes_per_frame: growth.external.slope,
    gc_per_1000: growth.youngPer1000 + growth.oldPer1000,
    dropped4k60: dropped,
    fps4k60: fps,
  };
}

/** The figures and ratios by name; null for what was not measured. */
export function namedFigures(results: Results): Record<string, number | null> {
  const all = { ...latencies(results), ...ratios(results), ...others(results) };
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, rounded(value)]));
}
