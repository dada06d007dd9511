export * from './data.ts';
export * from './io.ts';
export * from './loader.ts';
export * from './mesh.ts';
