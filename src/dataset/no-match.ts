import { NotFoundError } from '../core/errors.ts';
import { nearestPaths } from '../core/nearest-paths.ts';
import { PathTemplate } from '../core/path-template.ts';
import { showValue } from '../core/show-value.ts';
import { isMeshPath, MESH_EXTENSIONS } from '../formats/registry.ts';
import type { SampleChoice } from './sample-choice.ts';
import type { PartTemplate } from './sample-templates.ts';

/** Paths that a message shows. */
const MAX_SHOWN_PATHS = 3;

/** Paths that are looked at for one that matches although it is no mesh. */
const MAX_SEARCHED = 100_000;

/** Paths of a listing, from the dataset's folder on. */
export interface ListedPaths {
  /** Yields the paths of the meshes that may be samples. */
  meshes(): Iterable<string>;
  /** Yields the paths of all files. */
  all(): Iterable<string>;
  /** Says why a mesh may be no sample. */
  refusalOf(path: string): string;
  /** Number of the meshes. */
  readonly count: number;
  /** Place that was listed, as messages name it. */
  readonly place: string;
}

/** Makes the error of a template that matches no mesh: it shows the paths that came nearest. */
export function noMatch({ name, template }: PartTemplate, paths: ListedPaths): NotFoundError {
  const part = name === '' ? '' : ` of the part "${name}"`;
  const which = `The template ${showValue(template.text)}${part}`;
  const other = findMatch(template, paths.all());
  if (other !== undefined && isMeshPath(other)) {
    return new NotFoundError(
      `${which} matches ${showValue(other)} in ${paths.place}, but no mesh that may be a sample: ${paths.refusalOf(other)}.`,
    );
  }
  if (other !== undefined) {
    return new NotFoundError(
      `${which} matches ${showValue(other)}, but no mesh file (${MESH_EXTENSIONS.join(', ')}) in ${paths.place}: samples are made of these.`,
    );
  }
  const unnamed = name === '' ? withoutName(template, paths.meshes()) : undefined;
  if (unnamed !== undefined) {
    return new NotFoundError(
      `${which} matches no mesh file in ${paths.place}, but without ${showValue(unnamed.name)} it matches ${showValue(unnamed.path)}: a template that is the only one has no name.`,
    );
  }
  const nearest = nearestPaths(template, paths.meshes(), MAX_SHOWN_PATHS);
  const shown = nearest.map((path) => showValue(path)).join(', ');
  const count = paths.count === 1 ? 'the 1 mesh file' : `the ${paths.count} mesh files`;
  return new NotFoundError(
    `${which} matches none of ${count} in ${paths.place}; nearest to it ${nearest.length === 1 ? 'is' : 'are'} ${shown}. It is for the whole path from sourceDir on.`,
  );
}

/** Makes the error of `include` and `exclude` that leave no mesh. */
export function noChoice(choice: SampleChoice, paths: ListedPaths): NotFoundError {
  const shown: string[] = [];
  for (const path of paths.all()) {
    if (isMeshPath(path)) shown.push(showValue(path));
    if (shown.length === MAX_SHOWN_PATHS) break;
  }
  return new NotFoundError(
    `No mesh file in ${paths.place} is left by ${choice.label}: there are ${shown.join(', ')}. Patterns are for the path from sourceDir on.`,
  );
}

/** Finds a path that a template matches without what may be meant as its name: `volume={case}/internal.vtu`. */
function withoutName(
  { text }: PathTemplate,
  paths: Iterable<string>,
): { readonly name: string; readonly path: string } | undefined {
  const [, name, rest] = /^([\p{L}_][\p{L}\p{N}_-]*\??=)(.+)$/su.exec(text) ?? [];
  if (name === undefined || rest === undefined) return undefined;
  const path = findMatch(PathTemplate.parse(rest, 'samples'), paths);
  return path === undefined ? undefined : { name, path };
}

function findMatch(template: PathTemplate, paths: Iterable<string>): string | undefined {
  let searched = 0;
  for (const path of paths) {
    if (searched++ === MAX_SEARCHED) return undefined;
    if (template.match(path) !== undefined) return path;
  }
  return undefined;
}
