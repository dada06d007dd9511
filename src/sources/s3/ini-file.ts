/** Settings of one section by name in lower case; those of a block below a setting are called `block.name`. */
export type IniSection = ReadonlyMap<string, string>;

/**
 * Reads a file of settings as AWS has them: sections in brackets, `name = value` or `name: value` lines, blocks of
 * indented lines below a name without a value, comments behind `#` and `;`. A setting without a value is none. Of a
 * section that stands there twice both count.
 */
export function parseIni(text: string): ReadonlyMap<string, IniSection> {
  const sections = new Map<string, Map<string, string>>();
  let section: Map<string, string> | undefined;
  let block = '';
  for (const line of text.replace(/^\uFEFF/, '').split(/\r\n?|\n/)) {
    if (/^\s*(?:[#;]|$)/.test(line)) continue;
    const title = /^\s*\[([^\]]+)\]/.exec(line)?.[1];
    if (title !== undefined) {
      const name = title.trim().replaceAll(/\s+/g, ' ');
      section = sections.get(name) ?? new Map();
      sections.set(name, section);
      block = '';
      continue;
    }
    const [, indent = '', name = '', value = ''] = /^(\s*)([^=:]+?)\s*[=:]\s*(.*)$/.exec(line) ?? [];
    const found = withoutComment(value);
    if (name === '' || section === undefined) continue;
    const isInBlock = indent !== '' && block !== '';
    if (found !== '') section.set(isInBlock ? `${block}.${name.toLowerCase()}` : name.toLowerCase(), found);
    if (!isInBlock) block = found === '' ? name.toLowerCase() : '';
  }
  return sections;
}

/** Takes away a comment behind a value; between quotes, as commands have them, there is none. */
function withoutComment(value: string): string {
  const [text = ''] = /^(?:"(?:\\.|[^"\\])*"|'[^']*'|[^#;]|(?<=\S)[#;])*/.exec(value) ?? [];
  return text.trim();
}
