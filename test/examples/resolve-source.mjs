import { registerHooks } from 'node:module';

// What `vascusim` and `vascusim/…` name in a program that has not been installed: the sources, without a build.
registerHooks({
  resolve(specifier, context, next) {
    const [, door] = /^vascusim(?:\/(\w+))?$/.exec(specifier) ?? [];
    const name = specifier === 'vascusim' ? 'index' : door;
    if (name === undefined) return next(specifier, context);
    return { url: new URL(`../../src/${name}.ts`, import.meta.url).href, shortCircuit: true };
  },
});
