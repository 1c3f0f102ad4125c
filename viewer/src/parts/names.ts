/** A source's address without what only the server needs: `shm:cam` of `shm:cam?latest`. */
export function shortName(address: string): string {
  const bare = address.split('?')[0] as string;
  const shown = bare.length > 0 && !bare.endsWith(':') ? bare : address;
  return shown.length > 40 ? `…${shown.slice(-39)}` : shown;
}

/** A source's address as part of a file's name. */
export function fileStem(address: string): string {
  return shortName(address)
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^-+|-+$/g, '');
}
