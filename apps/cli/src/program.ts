import type { ToldError } from '@danqing/studio/languages/chinese';
import { showText } from '@danqing/studio/library/show-text';
import { Command, CommanderError, Option } from 'commander';
import type { CliCommand } from './command.ts';
import { commands } from './commands/index.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import { languageNames, messagesIn, type Messages, systemLanguage } from './messages/index.ts';
import { nameFlag } from './name-flag.ts';
import { endOnOutputError } from './terminal/output-errors.ts';
import { textWidth } from './terminal/text-width.ts';
import { wrapText } from './terminal/wrap-text.ts';

/**
 * Runs the program with the words of its command line and sets the exit code. What goes wrong is one line on the standard error, and one
 * of JSON on the standard output for those who asked for JSON.
 */
export async function runProgram(words: readonly string[]): Promise<void> {
  endOnOutputError((message) => {
    console.error(`Error: ${message}`);
    process.exit(EXIT.failed);
  });
  const { language, rest } = splitLanguage(words);
  const messages = messagesIn(language ?? systemLanguage(process.env));
  let command: Command | undefined;
  try {
    if (rest.length === 0) {
      const { drawFirstPicture } = await import('./first-picture.ts');
      await drawFirstPicture(messages);
      return;
    }
    const program = await buildProgram(messages);
    command = program.commands.find((one) => one.name() === rest[0]);
    // The language may stand anywhere, every other option belongs to the command that it follows.
    await program.parseAsync(language === undefined ? rest : ['--lang', language, ...rest], { from: 'user' });
  } catch (error) {
    process.exitCode =
      error instanceof CommanderError
        ? exitCodeOfUsage(error)
        : report(error, command, words.includes('--json'), messages);
  }
}

async function buildProgram(messages: Messages): Promise<Command> {
  const { help } = messages;
  const { VERSION } = await import('@danqing/studio/version');
  const program = configure(new Command('danqing'), messages)
    .description(help.about)
    .version(VERSION, '-V, --version', help.version)
    .addOption(new Option('--lang <language>', help.language).choices(languageNames))
    .helpCommand('help [command]', help.helpCommand)
    .enablePositionalOptions()
    .addHelpText('after', `\n${help.exitCodes}`);
  const inOrder = Object.values<CliCommand>(commands).sort((a, b) => a.order - b.order);
  for (const { name, define } of inOrder) define(configure(program.command(name), messages), messages);
  return program;
}

/** What all commands have in common: no exit in the middle, errors in one line, help in the chosen language. */
function configure(command: Command, { help }: Messages): Command {
  const titles: Readonly<Record<string, string>> = {
    'Usage:': help.usage,
    'Arguments:': help.arguments,
    'Options:': help.options,
    'Commands:': help.commands,
  };
  return command
    .exitOverride()
    .helpOption('-h, --help', help.help)
    .configureHelp({
      displayWidth: textWidth,
      boxWrap: wrapText,
      optionDescription: ({ description }) => description,
      styleTitle: (title) => titles[title] ?? title,
    })
    .configureOutput({
      outputError: (text, write) =>
        write(`${help.error({ message: inOneLine(text.trim().replace(/^error: /, '')) })}\n`),
    });
}

/** The language is needed before the command line can be read: its errors and helps are in it. */
function splitLanguage(words: readonly string[]): { readonly language?: string; readonly rest: readonly string[] } {
  const at = words.findIndex((word) => word === '--lang' || word.startsWith('--lang='));
  if (at < 0) return { rest: words };
  const [, joined] = words[at]!.split('=');
  const language = joined ?? words[at + 1] ?? '';
  return { language, rest: words.toSpliced(at, joined === undefined ? 2 : 1) };
}

/** Asking for help or the version is no error; everything else that the parser stops at is wrong use. */
const exitCodeOfUsage = ({ exitCode }: CommanderError): number => (exitCode === 0 ? EXIT.ok : EXIT.badInput);

function report(error: unknown, command: Command | undefined, isJson: boolean, { drawing, help }: Messages): number {
  const { message, stack, code, trouble } = error as Error & ToldError & { code?: string };
  const told = nameFlag({ message, trouble }, command?.options ?? []);
  console.error(code === 'cancelled' ? drawing.cancelled : showText(inOneLine(help.error(told))));
  if (process.env['DANQING_DEBUG'] !== undefined) console.error(stack);
  if (isJson) console.log(JSON.stringify({ error: { code: code ?? 'crashed', message, ...trouble } }));
  return exitCodeOf(error);
}

/** What libraries say may have several lines. */
const inOneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, ' ');
