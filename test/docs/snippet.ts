/**
 * A fenced block of a Markdown page that is run. What to do with it stands in a comment before it:
 *
 *     <!-- snippet: run -->            it ends by itself, with exit code 0 (the default)
 *     <!-- snippet: background -->     it goes on while the rest of the page is run
 *     <!-- snippet: for 2 s -->        it prints something and is still there after that time
 *     <!-- snippet: file NAME -->      it is a file that another block uses
 *     <!-- snippet: files NAME... -->  it uses those, and is run
 *     <!-- background: COMMAND -->     a command that goes on while the rest of the page is run
 *     <!-- unseen: COMMAND -->         a command that makes what the next blocks use
 *
 * Blocks without a language are pictures, layouts and what can only be done elsewhere (installing).
 */
export interface Snippet {
  readonly page: string;
  /** Line of the fence, from 1. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
  readonly directive: string;
}

/** Languages that are run. */
export const runLanguages = ['sh', 'ts', 'python', 'c', 'cpp'] as const;

const fence = /^```(\w*)/;
const comment = /^<!-- snippet: (.+) -->$/;
const unseen = /^<!-- (background|unseen): (.+) -->$/;

/** The blocks of a page, in order. */
export function snippetsOf(page: string, markdown: string): Snippet[] {
  const snippets: Snippet[] = [];
  const lines = markdown.split('\n');
  let directive = 'run';
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] as string;
    const said = comment.exec(line);
    if (said !== null) directive = said[1] as string;
    const command = unseen.exec(line);
    if (command !== null) {
      const [, word, text] = command;
      const how = word === 'unseen' ? 'run' : 'background';
      snippets.push({ page, line: at + 1, language: 'sh', text: `${text}\n`, directive: how });
    }
    const opened = fence.exec(line);
    if (opened === null) continue;
    const end = lines.indexOf('```', at + 1);
    if (end < 0) throw new Error(`${page}:${at + 1}: the block is never closed`);
    const text = `${lines.slice(at + 1, end).join('\n')}\n`;
    snippets.push({ page, line: at + 1, language: opened[1] as string, text, directive });
    directive = 'run';
    at = end;
  }
  return snippets;
}
