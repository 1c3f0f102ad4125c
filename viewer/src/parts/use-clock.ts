import { useEffect, useState } from 'preact/hooks';

/** Draws the component anew every so many ms: ages and silences grow by themselves. */
export function useClock(everyMs: number): void {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
}
