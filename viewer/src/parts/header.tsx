import type { Page } from '../state/page.js';
import { IconButton } from './icon.js';
import { shortName } from './names.js';

/** Name, cameras, colours, help. */
export function Header({ page }: { page: Page }) {
  const { cameras, view, theme } = page;
  return (
    <header class="header">
      <a class="brand" href="#all" aria-label="Framelane: all cameras">
        <img src="./icon.svg" alt="" width="22" height="22" /> <span>Framelane</span>
      </a>
      <nav class="tabs" aria-label="Cameras">
        {cameras.length > 1 && (
          <a href="#all" aria-current={view === undefined ? 'page' : undefined}>
            All
          </a>
        )}
        {cameras.map(({ camera, address }) => (
          <a href={`#camera=${camera}`} title={address} aria-current={view?.camera === camera ? 'page' : undefined}>
            {shortName(address)}
          </a>
        ))}
      </nav>
      <span class="group">
        <IconButton icon={theme} words={`Colours of the page: ${theme} (T)`} run={() => page.nextTheme()} />
        <IconButton icon="help" words="Keys (?)" run={() => page.showHelp(true)} />
      </span>
    </header>
  );
}
