export * from './recipe.ts';
export type * from './worker-messages.ts';
