import { readFileSync } from 'node:fs';
import { parseSync } from 'oxc-parser';
import { isNode, nodesOf, type SyntaxNode } from './syntax-tree.ts';

/** Doc comment of a source file, and the declaration behind it. */
export interface DocComment {
  readonly file: string;
  readonly line: number;
  /** First paragraph and what follows, on one line, without the tags; empty where there is nothing else. */
  readonly text: string;
  /** Kind of the declaration; `callable`: a type or field whose values are functions. */
  readonly kind: 'function' | 'callable' | 'boolean' | 'value';
  /** Name of the declaration where it stands at the top of its file. */
  readonly name: string | undefined;
}

const FUNCTIONS = new Set(['FunctionDeclaration', 'TSDeclareFunction', 'TSMethodSignature']);
const VALUES = new Set([
  'ClassDeclaration',
  'Property',
  'PropertyDefinition',
  'TSInterfaceDeclaration',
  'TSPropertySignature',
  'TSTypeAliasDeclaration',
  'VariableDeclaration',
]);
const METHODS = new Set(['MethodDefinition', 'TSAbstractMethodDefinition']);

/** Doc comments of a source file in their order, and its numeric constants. */
export interface SourceNames {
  readonly comments: readonly DocComment[];
  /** Names of the numeric constants of the file's top level, in capitals. */
  readonly constants: readonly string[];
}

/** Reads what a source file says of its names. */
export function readSourceNames(file: string): SourceNames {
  const text = readFileSync(file, 'utf8');
  const { program, comments } = parseSync(file, text);
  const top = (program.body as readonly unknown[])
    .filter(isNode)
    .map((node) => (isNode(node['declaration']) ? node['declaration'] : node));
  const declarations = [...nodesOf(program.body)]
    .filter(({ type }) => FUNCTIONS.has(type) || VALUES.has(type) || METHODS.has(type))
    .sort((a, b) => a.start - b.start || b.end - a.end);
  const documented = comments.filter(({ type, value }) => type === 'Block' && value.startsWith('*'));
  return {
    comments: documented.map((comment) => {
      const node = declarations.find(({ start }) => start >= comment.end);
      const isNext = node !== undefined && /^\s*(?:export\s+)?$/.test(text.slice(comment.end, node.start));
      return {
        file,
        line: text.slice(0, comment.start).split('\n').length,
        text: describedBy(comment.value),
        kind: isNext ? kindOf(node, text) : 'value',
        name: isNext && top.includes(node) ? nameOf(node) : undefined,
      };
    }),
    constants: top
      .filter((node) => node.type === 'VariableDeclaration')
      .flatMap((node) => node['declarations'] as readonly SyntaxNode[])
      .filter((node) => isNumeric(node['init']))
      .map((node) => (node['id'] as { readonly name?: string }).name ?? '')
      .filter((name) => /^[A-Z][A-Z0-9_]*$/.test(name)),
  };
}

function describedBy(comment: string): string {
  const lines = comment.split('\n').map((line) => line.replace(/^\s*\*+ ?/, '').trim());
  return lines
    .join(' ')
    .replace(/(?:^|\s)@\w.*$/, '')
    .trim();
}

function kindOf(node: SyntaxNode, text: string): DocComment['kind'] {
  if (FUNCTIONS.has(node.type)) return 'function';
  if (METHODS.has(node.type)) return node['kind'] === 'get' ? kindOfType(node, text) : 'function';
  const [first] = (node['declarations'] ?? []) as readonly SyntaxNode[];
  const value = first === undefined ? node['value'] : first['init'];
  if (isNode(value) && /^(?:ArrowFunction|Function)Expression$/.test(value.type)) return 'function';
  return kindOfType(node, text);
}

function kindOfType(node: SyntaxNode, text: string): DocComment['kind'] {
  const [line = ''] = text.slice(node.start, node.end).split('\n');
  if (/\): boolean|: (?:\(\) => )?boolean\b|= (?:true|false);/.test(line)) return 'boolean';
  if (node.type === 'TSTypeAliasDeclaration' && /=>/.test(text.slice(node.start, node.end)))
    return 'callable';
  return 'value';
}

function nameOf(node: SyntaxNode): string | undefined {
  const [first = node] = (node['declarations'] ?? []) as readonly SyntaxNode[];
  const id = first['id'];
  return isNode(id) ? (id['name'] as string | undefined) : undefined;
}

function isNumeric(node: unknown): boolean {
  if (!isNode(node)) return false;
  const { type } = node;
  if (type === 'Literal') return typeof node['value'] === 'number' || typeof node['value'] === 'bigint';
  if (type === 'UnaryExpression') return isNumeric(node['argument']);
  if (type === 'TSAsExpression' || type === 'ParenthesizedExpression') return isNumeric(node['expression']);
  if (type === 'BinaryExpression') return isNumeric(node['left']) || isNumeric(node['right']);
  if (type === 'CallExpression') {
    const callee = node['callee'] as SyntaxNode;
    return (callee['object'] as { readonly name?: string } | undefined)?.name === 'Math';
  }
  if (type !== 'ObjectExpression') return false;
  const properties = node['properties'] as readonly SyntaxNode[];
  return properties.length > 0 && properties.every((each) => isNumeric(each['value']));
}
