/** Start codes at the speed of memory. */
export interface ScanNative {
  /**
   * The native `NalScanner` (src/nal/start-codes.ts): pairs of offset and length of the NAL units go `into`; returns how
   * many. `from` (bytes) is at most `data.length`, `open` (bytes) at most `from`, or -1; `data` has fewer than 2^32 bytes.
   */
  findNalUnits(data: Uint8Array, into: Uint32Array, from: number, open: number): number;
  /**
   * The instructions that it uses: `avx512`, `avx2`, `sse2`, `neon` or `portable`, at first the fastest that this
   * processor has. A name that this processor has takes that from now on, in all threads: for tests.
   */
  scanKernel(name?: string): string;
}
