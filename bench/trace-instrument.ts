import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseSync } from 'oxc-parser';

/** A node of the syntax tree, as far as it is looked at. */
type SyntaxNode = Readonly<Record<string, unknown>> & { readonly type: string };

/** Text to be put in at a place of a file. */
interface Insertion {
  readonly at: number;
  readonly text: string;
}

const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);

/** Puts a call at the head of every function of a built package, which tells the file and the function's name. */
export function instrument(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!entry.endsWith('.js')) continue;
    const path = join(folder, entry);
    const text = readFileSync(path, 'utf8');
    const file = relative(folder, path).replace(/\.js$/, '');
    const insertions = [...callsIn(parseSync(path, text).program, file, undefined, undefined)];
    let result = '';
    let from = 0;
    for (const { at, text: call } of insertions.sort((a, b) => a.at - b.at)) {
      result += text.slice(from, at) + call;
      from = at;
    }
    writeFileSync(path, result + text.slice(from));
  }
}

/** @param owner - the class around a node; @param name - what the nearest thing around it is called */
function* callsIn(
  node: unknown,
  file: string,
  owner: string | undefined,
  name: string | undefined,
): Generator<Insertion, void, void> {
  if (Array.isArray(node)) {
    for (const each of node) yield* callsIn(each, file, owner, name);
    return;
  }
  if (!isNode(node) || isOfCompiler(node)) return;
  const isClass = node.type === 'ClassDeclaration' || node.type === 'ClassExpression';
  const ownOwner = isClass ? (nameOf(node['id']) ?? owner) : owner;
  const own = nameOfThing(node, ownOwner) ?? name;
  const body = node['body'];
  // The head of a constructor may have to call super first.
  if (FUNCTIONS.has(node.type) && isBlock(body) && own?.endsWith('.constructor') !== true) {
    const isNameless = node.type === 'ArrowFunctionExpression' && own === name;
    const label = `${file}\t${own ?? 'anonymous'}${isNameless ? ' =>' : ''}`;
    yield { at: body.start + 1, text: `globalThis.vascusimTrace?.(${JSON.stringify(label)});` };
  }
  for (const [key, value] of Object.entries(node)) {
    if (key !== 'parent') yield* callsIn(value, file, ownOwner, own);
  }
}

/** Says whether a declaration is a helper that the compiler put there, as for `using`. */
function isOfCompiler(node: SyntaxNode): boolean {
  return node.type === 'VariableDeclarator' && nameOf(node['id'])?.startsWith('__') === true;
}

function nameOfThing(node: SyntaxNode, owner: string | undefined): string | undefined {
  switch (node.type) {
    case 'MethodDefinition':
      return `${owner}.${nameOf(node['key'])}`;
    case 'FunctionDeclaration':
    case 'VariableDeclarator':
      return nameOf(node['id']);
    default:
      return undefined;
  }
}

function nameOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  const name = node['name'];
  if (typeof name !== 'string') return undefined;
  return node.type === 'PrivateIdentifier' ? `#${name}` : name;
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function isBlock(value: unknown): value is SyntaxNode & { readonly start: number } {
  return isNode(value) && value.type === 'BlockStatement';
}
