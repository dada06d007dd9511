/** Parts of a sample that a remark has room for. */
const MAX_PARTS = 8;

/** Share of the folders of one depth that must have a mesh of the same name. */
const MIN_FOLDERS_SHARE = 0.6;

/** Name of folders at one place of the path: what is the same in all of them, and what is captured. */
interface NamePattern {
  /** Template of the name. */
  readonly template: string;
  /** Use of the capture once more; empty where nothing is captured. */
  readonly capture: string;
  readonly prefix: string;
}

/**
 * Suggests the templates that would join the meshes of folders in which the same names recur: `internal={case}/internal.vtu`.
 *
 * @param paths - of meshes, from the folder of the dataset on
 * @returns undefined where there is nothing to join
 */
export function suggestSamples(paths: readonly string[]): readonly string[] | undefined {
  const folders = new Map<string, string[]>();
  for (const path of paths) {
    const slash = path.lastIndexOf('/');
    if (slash < 0) continue;
    const folder = path.slice(0, slash);
    const names = folders.get(folder) ?? [];
    names.push(path.slice(slash + 1));
    folders.set(folder, names);
  }
  const depths = new Map<number, string[]>();
  for (const folder of folders.keys()) {
    const depth = folder.split('/').length;
    const own = depths.get(depth) ?? [];
    own.push(folder);
    depths.set(depth, own);
  }
  let best: { readonly parts: readonly string[]; readonly count: number } | undefined;
  for (const own of depths.values()) {
    if (own.length < 2) continue;
    const [whole, parts] = [joinFolders(own, folders, true), joinFolders(own, folders, false)];
    const found = (parts?.length ?? 0) > (whole?.length ?? 0) ? parts : whole;
    const count = own.length * (found?.length ?? 0);
    if (found !== undefined && count > (best?.count ?? 0)) best = { parts: found, count };
  }
  return best?.parts;
}

/**
 * Joins the files of folders.
 *
 * @param keepsRepeated - whether a name of a folder that files repeat is captured as a whole
 */
function joinFolders(
  own: readonly string[],
  files: ReadonlyMap<string, readonly string[]>,
  keepsRepeated: boolean,
): string[] | undefined {
  const folders = own.map((folder) => folder.split('/'));
  const filesOf = own.map((folder) => files.get(folder) ?? []);
  const patterns = learnNames(folders, filesOf, keepsRepeated);
  const counts = new Map<string, number>();
  for (const [at, folder] of folders.entries()) {
    const names = new Set(filesOf[at]?.map((name) => withCaptures(name, folder, patterns)));
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const least = Math.max(2, MIN_FOLDERS_SHARE * own.length);
  const recurring = [...counts].filter(([, count]) => count >= least).sort(byLikelihood);
  if (recurring.length < 2 || recurring.length > MAX_PARTS) return undefined;
  const base = patterns.map(({ template }) => template).join('/');
  const taken = new Set<string>();
  return recurring.map(([name, count]) => {
    const mark = count < (recurring[0]?.[1] ?? 0) ? '?' : '';
    return `${nameOf(name, taken)}${mark}=${base}/${name}`;
  });
}

/** Puts volumes first, and what all folders have before what some lack. */
function byLikelihood(
  [a, countA]: readonly [string, number],
  [b, countB]: readonly [string, number],
): number {
  return Number(/vtu$/i.test(b)) - Number(/vtu$/i.test(a)) || countB - countA || (a < b ? -1 : 1);
}

/** Learns from the names of folders of one depth what is the same in them, from the outermost on. */
function learnNames(
  folders: readonly (readonly string[])[],
  files: readonly (readonly string[])[],
  keepsRepeated: boolean,
): NamePattern[] {
  const taken = new Set<string>();
  return (folders[0] ?? []).map((_, at) => {
    const names = [...new Set(folders.map((folder) => folder[at] ?? ''))];
    const isRepeated =
      keepsRepeated &&
      folders.every((folder, each) => files[each]?.some((file) => file.includes(folder[at] ?? '')));
    return names.length === 1
      ? { template: escape(names[0] ?? ''), capture: '', prefix: '' }
      : learnName(names, isRepeated ? '' : commonPrefix(names), taken);
  });
}

function learnName(names: readonly string[], prefix: string, taken: Set<string>): NamePattern {
  const rests = names.map((name) => name.slice(prefix.length));
  const isNumeric = prefix !== '' && rests.every((rest) => /^[+-]?\d+(?:\.\d+)?$/.test(rest));
  const word = /[\p{L}_]\w*?(?=[^\p{L}\d]*$)/u.exec(prefix)?.[0]?.replace(/^_+|_+$/g, '') ?? '';
  const fallback = taken.size === 0 ? 'case' : 'folder';
  const name = unused(/^[\p{L}_]\w*$/u.test(word) ? word : fallback, taken);
  return {
    prefix,
    template: `${escape(prefix)}{${name}${isNumeric ? ':number' : ''}}`,
    capture: `{${name}}`,
  };
}

/** Finds what all names begin with, up to where a word or a number ends. */
function commonPrefix(names: readonly string[]): string {
  const [first = ''] = names;
  let length = first.length;
  for (const name of names) while (!name.startsWith(first.slice(0, length))) length--;
  const common = first.slice(0, length);
  // "m=0.00" of "m=0.001" and "m=0.002" is half a number.
  const whole = /^(.*[^\p{L}\d.+-])?/su.exec(common)?.[0] ?? '';
  const behindLetters = /^.*\p{L}(?=\d*$)/su.exec(common)?.[0] ?? '';
  const areNumbers = names.every((name) => /^\d/.test(name.slice(behindLetters.length)));
  const prefix = areNumbers && behindLetters.length > whole.length ? behindLetters : whole;
  return names.every((name) => name.length > prefix.length) ? prefix : '';
}

/** Writes captures into the name of a file that repeats what its folders are called. */
function withCaptures(name: string, folder: readonly string[], patterns: readonly NamePattern[]): string {
  let template = escape(name);
  for (const [at, { capture, prefix, template: whole }] of [...patterns.entries()].reverse()) {
    const own = folder[at] ?? '';
    if (capture === '') continue;
    const rest = own.slice(prefix.length);
    if (prefix !== '' && template.includes(escape(own))) {
      return template.replaceAll(escape(own), whole.replace(':number', ''));
    }
    const bounded = new RegExp(`(?<![\\p{L}\\d{])${quote(escape(rest))}(?![\\p{L}\\d}])`, 'gu');
    template = template.replaceAll(bounded, () => capture);
  }
  return template;
}

function nameOf(file: string, taken: Set<string>): string {
  const bare = file
    .replace(/\.[^.]*$/, '')
    .replaceAll(/\{[^}]*\}/g, '')
    .replaceAll(/[^\p{L}\p{N}]+/gu, '_')
    .replaceAll(/^[_\d]+|_+$/g, '');
  return unused(bare === '' ? 'mesh' : bare, taken);
}

function unused(name: string, taken: Set<string>): string {
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${name}${number}`;
  taken.add(free);
  return free;
}

/** Writes a name so that a template takes each of its signs for itself. */
function escape(name: string): string {
  return name.replaceAll(/[\\{}*?]/g, String.raw`\$&`);
}

function quote(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}
