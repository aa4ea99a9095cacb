#!/usr/bin/env node
// The `danqing` command: runs the bundled program, or the TypeScript source as it lies here where there can be no bundle.
import { bundledProgram } from './bundle.js';

const program = await bundledProgram().catch(async () => {
  const { register } = await import('tsx/esm/api');
  register();
  return new URL('../src/main.ts', import.meta.url).href;
});
await import(program);
