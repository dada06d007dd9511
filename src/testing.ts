export { type RunTest, type SourceFixture, sourceFiles, testSource } from './testing/source-contract.ts';
