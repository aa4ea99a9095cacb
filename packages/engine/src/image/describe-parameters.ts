import type { GenerationParameters } from './generation-parameters.ts';
import { closingFields, infotextFields } from './infotext-fields.ts';

/** Parameters as labelled values for people, in the order and with the keys of an infotext; what is not recorded is left out. */
export function describeParameters(parameters: GenerationParameters): [label: string, value: string][] {
  const fields = (list: ReturnType<typeof infotextFields>): [string, string | undefined][] =>
    list.map(({ keys: [label], print }) => [label, print(parameters)]);
  const lines: [string, string | undefined][] = [
    ['Prompt', parameters.prompt],
    ['Negative prompt', parameters.negativePrompt === '' ? undefined : parameters.negativePrompt],
    ...fields(infotextFields()),
    ...parameters.extra.map(([label, value]): [string, string] => [label, value]),
    ...fields(closingFields()),
  ];
  return lines.filter((line): line is [string, string] => line[1] !== undefined);
}
