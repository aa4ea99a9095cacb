import { a1111Reader } from './a1111.ts';
import { comfyuiReader } from './comfyui.ts';
import { fooocusReader } from './fooocus.ts';
import { invokeaiReader } from './invokeai.ts';
import { novelaiReader } from './novelai.ts';
import type { Reader } from './reader.ts';

/**
 * Readers in the order in which they are asked. A1111 stands before ComfyUI, because graphs that save an infotext know
 * best what they mean by it; programs that mark their pictures stand before both.
 */
export const READERS: readonly Reader[] = [fooocusReader, novelaiReader, invokeaiReader, a1111Reader, comfyuiReader];
