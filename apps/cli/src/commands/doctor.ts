import type { CliCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';

/** Signs in front of what was found. */
const SIGNS = { good: '✓', note: '!', trouble: '✗' } as const;

/** Looks at what runs on this machine, how fast, and what is missing. */
export const doctor: CliCommand = {
  name: 'doctor',
  order: 50,
  define(command, messages) {
    const say = messages.doctor;
    command
      .description(say.summary)
      .option('--json', messages.help.json)
      .addHelpText('after', `\n${messages.help.example}\n  danqing doctor`)
      .action(async ({ json }: { readonly json?: boolean }) => {
        if (json !== true) console.error(say.begin);
        const { doctor: examine } = await import('@danqing/studio/doctor/doctor');
        const examination = await examine();
        if (json === true) {
          console.log(JSON.stringify(examination));
        } else {
          const lines = examination.findings.flatMap(({ state, found, fix }) => [
            `${SIGNS[state]} ${messages.said(inOneLine(found))}`,
            ...(fix === undefined ? [] : [`  → ${messages.said(inOneLine(fix))}`]),
          ]);
          console.log(`${lines.join('\n')}\n\n${examination.isWell ? say.well : say.unwell}`);
        }
        if (!examination.isWell) process.exitCode = EXIT.failed;
      });
  },
};

/** Libraries speak in several lines. */
const inOneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, ' ');
