/** Element of an XML document, as the answers of S3 need it: without attributes and namespaces. */
export interface XmlElement {
  /** Name without the prefix of a namespace. */
  readonly name: string;
  readonly children: readonly XmlElement[];
  /** Text of its own, references resolved. */
  readonly text: string;
}

interface OpenElement {
  readonly name: string;
  readonly children: OpenElement[];
  text: string;
}

const NAMED_CHARACTERS: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

/** Sections that hold no elements: how they begin and end. */
const SECTIONS = [
  ['<!--', '-->'],
  ['<![CDATA[', ']]>'],
  ['<?', '?>'],
  ['<!', '>'],
] as const;

/** Parses a document; undefined where the text is none, or one that is cut. */
export function parseXml(text: string): XmlElement | undefined {
  const root: OpenElement = { name: '', children: [], text: '' };
  const open = [root];
  for (let at = 0; at < text.length; ) {
    const current = open.at(-1) ?? root;
    const tag = text.indexOf('<', at);
    if (tag !== at) current.text += resolveReferences(text.slice(at, tag < 0 ? undefined : tag));
    if (tag < 0) break;
    const section = SECTIONS.find(([begin]) => text.startsWith(begin, tag));
    const end = text.indexOf(section?.[1] ?? '>', tag);
    if (end < 0) return undefined;
    at = end + (section?.[1] ?? '>').length;
    if (section !== undefined) {
      if (section[0] === '<![CDATA[') current.text += text.slice(tag + section[0].length, end);
      continue;
    }
    if (text[tag + 1] === '/') {
      if (open.length === 1 || current.name !== localName(text.slice(tag + 2, end))) return undefined;
      open.pop();
      continue;
    }
    const isEmpty = text[end - 1] === '/';
    const element = { name: localName(text.slice(tag + 1, isEmpty ? end - 1 : end)), children: [], text: '' };
    current.children.push(element);
    if (!isEmpty) open.push(element);
  }
  const [document] = root.children;
  return open.length === 1 && root.children.length === 1 && root.text.trim() === '' ? document : undefined;
}

/** Gives the text of the first child of a name. */
export function childText(element: XmlElement | undefined, name: string): string | undefined {
  return element?.children.find((child) => child.name === name)?.text;
}

/** Gives the name of a tag, whose attributes may follow. */
function localName(tag: string): string {
  return tag.replace(/\s.*$/s, '').replace(/^[^:]*:/, '');
}

function resolveReferences(text: string): string {
  if (!text.includes('&')) return text;
  return text.replaceAll(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));/gi, (all: string, hex, decimal, name) => {
    if (name !== undefined) return NAMED_CHARACTERS[String(name)] ?? all;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(String(hex), 16);
    return code <= 0x10_ff_ff ? String.fromCodePoint(code) : all;
  });
}
