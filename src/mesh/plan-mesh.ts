import { isVascuError } from '../core/errors.ts';
import type { GraphOf } from '../core/graph.ts';
import type { ParsedHeader, RandomAccess } from '../core/mesh.ts';
import { type ArrayWish, type MeshFile, NoPlan, type PlanReason } from '../core/mesh-format.ts';
import type { ReadPlan } from '../core/read-plan.ts';
import type { ReadOptions } from '../core/source.ts';
import { refuseWish } from '../core/wished-arrays.ts';
import { openMesh, parsedOf } from '../formats/registry.ts';

/** Options of {@link planMesh}. */
export interface PlanMeshOptions extends Omit<ArrayWish, 'pointArrays'>, ReadOptions {
  /** Name of the file in messages. @defaultValue `'mesh'` */
  readonly path?: string | undefined;
  /** True when a graph is made of the mesh, that must have all the arrays that are named. @defaultValue false */
  readonly isGraph?: boolean | undefined;
  /** Graph that is made of the mesh: one of cells has no arrays over points. @defaultValue `'points'` */
  readonly graphOf?: GraphOf | undefined;
  /** Header of the file, where it was read before. @defaultValue it is read */
  readonly parsed?: ParsedHeader | undefined;
}

/**
 * Plans which bytes of a mesh file a read touches, from its header alone.
 *
 * @returns the plan, or why there can be none; also of a broken file, which a read says more of
 */
export async function planMesh(
  file: RandomAccess,
  options: PlanMeshOptions = {},
): Promise<ReadPlan | PlanReason> {
  const { path = 'mesh', attributes, geometry, isGraph = false, graphOf, parsed, signal } = options;
  let opened: MeshFile;
  try {
    opened = await openMesh(file, { path, planOnly: true, parsed, signal });
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof NoPlan) return error.reason;
    if (isVascuError(error, 'FORMAT')) return 'unplannable';
    throw error;
  }
  const plan = await opened.plan({ attributes, geometry, pointArrays: graphOf !== 'cells', signal });
  if (typeof plan === 'string') return plan;
  const refusal = isGraph && attributes ? refuseWish(opened.header, attributes, path, graphOf) : undefined;
  return { ...plan, parsed: parsedOf(opened), refusal };
}
