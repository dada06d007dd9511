export type { MeshFormat } from './core/mesh-format.ts';
export { type FormatFiles, testFormat } from './testing/format-contract.ts';
export { type RunTest, type SourceFixture, sourceFiles, testSource } from './testing/source-contract.ts';
