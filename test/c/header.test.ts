import { describe, expect, it } from 'vitest';
import { hasCompiler, root, run, strict } from './compiler.js';

const header = `${root}include/framelane.h`;

/** One header, each language standard that is promised, with the warnings that careful projects switch on. */
const dialects = [
  ['gcc', 'c', 'c11'],
  ['gcc', 'c', 'gnu17'],
  ['g++', 'c++', 'c++17'],
  ['g++', 'c++', 'c++20'],
  ['clang', 'c', 'c11'],
  ['clang++', 'c++', 'c++17'],
] as const;

describe('framelane.h compiles without a warning', () => {
  for (const [compiler, language, standard] of dialects) {
    it(`${compiler} -std=${standard}`, (context) => {
      if (!hasCompiler(compiler)) return context.skip(`no ${compiler}`);
      const careful = ['-Wconversion', '-Wsign-conversion', '-Wcast-align'];
      const { status, stderr } = run(
        compiler,
        `-std=${standard}`,
        ...strict,
        ...careful,
        '-O2',
        '-fsyntax-only',
        '-x',
        language,
        '-include',
        header,
        '/dev/null',
      );
      expect(stderr).toBe('');
      expect(status).toBe(0);
    });
  }

  it('also in a C++ program without exceptions', () => {
    const { status, stderr } = run(
      'g++',
      '-std=c++17',
      ...strict,
      '-fno-exceptions',
      '-fsyntax-only',
      '-x',
      'c++',
      '-include',
      header,
      '/dev/null',
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });
});
