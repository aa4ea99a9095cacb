import type { ConvertInput } from '@danqing/contract/file-changes';
import { type Command, Option } from 'commander';
import type { Messages } from '../messages/index.ts';

/** The options of a file that is to be written as they were typed. */
export interface TypedTarget {
  readonly out?: string;
  readonly format?: ConvertInput['format'];
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

/** Adds the options that say where a model file is written and what is told of it. */
export const addTargetOptions = (command: Command, { changes: say, help }: Messages): Command =>
  command
    .option('-o, --out <path>', say.out)
    .addOption(new Option('--format <format>', say.format).choices(['safetensors', 'torch']))
    .option('--overwrite', say.overwrite)
    .option('--json', help.json);

/** The same for a request. */
export const targetOf = ({
  out,
  format,
  overwrite,
}: TypedTarget): Pick<ConvertInput, 'output' | 'format' | 'overwrite'> => ({ output: out, format, overwrite });
