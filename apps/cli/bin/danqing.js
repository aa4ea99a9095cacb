#!/usr/bin/env node
// The `danqing` command: runs the TypeScript source as it lies here.
import { register } from 'tsx/esm/api';

register();
await import('../src/main.ts');
