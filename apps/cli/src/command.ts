import type { Command } from 'commander';
import type { Messages } from './messages/index.ts';

/** One command of the program: a file of `commands/`. */
export interface CliCommand {
  /** As it is typed; the name of its file. */
  readonly name: string;
  /** Place in the list of commands, low first. */
  readonly order: number;
  /**
   * Says what the command is, what it takes, and what it does. The action loads what it needs itself, so that `--help` is quick; it
   * sets `process.exitCode` where that is not 0, and throws what went wrong.
   */
  define(command: Command, messages: Messages): void;
}
