import type { SdpLine } from './line.js';

/** An attribute line: `a=name` or `a=name:value` (RFC 8866 section 5.13). */
export interface SdpAttribute {
  readonly name: string;
  /** What stands behind the colon; undefined when there is none. */
  readonly value?: string;
  /** Number of its line, from 1; undefined for one that was not read. */
  readonly line?: number;
}

/** Reads the value of an `a=` line. */
export function readAttribute({ value, line }: SdpLine): SdpAttribute {
  const colon = value.indexOf(':');
  if (colon < 0) return { name: value, line };
  return { name: value.slice(0, colon), value: value.slice(colon + 1), line };
}

/** Writes what {@link readAttribute} reads. */
export function writeAttribute({ name, value }: SdpAttribute): string {
  return value === undefined ? name : `${name}:${value}`;
}

/** What has attributes: a session, or a media description. */
export interface AttributeHolder {
  /** In the order of their lines; those that Framelane does not know are kept too. */
  readonly attributes: readonly SdpAttribute[];
}

/** All attributes of a name. */
export function attributesOf({ attributes }: AttributeHolder, name: string): SdpAttribute[] {
  return attributes.filter((attribute) => attribute.name === name);
}

/** The first attribute of a name. */
export function attributeOf({ attributes }: AttributeHolder, name: string): SdpAttribute | undefined {
  return attributes.find((attribute) => attribute.name === name);
}
