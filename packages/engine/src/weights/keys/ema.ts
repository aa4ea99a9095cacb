const PREFIX = 'model_ema.';
/** What the averages are made with, not averages themselves. */
const COUNTERS: readonly string[] = ['model_ema.decay', 'model_ema.num_updates'];

/** Whether a key belongs to the moving average that training keeps beside the weights. */
export const isEmaKey = (key: string): boolean => key.startsWith(PREFIX);

/** Whether a key is an average of weights. */
export const isEmaWeight = (key: string): boolean => isEmaKey(key) && !COUNTERS.includes(key);

/** Where the average of a weight stands: its name without `model.` and without dots (CompVis's `LitEma`). */
export const emaKeyOf = (key: string): string => PREFIX + key.slice('model.'.length).replaceAll('.', '');
