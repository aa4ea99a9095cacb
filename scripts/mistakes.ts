// Puts known mistakes into a copy of the repository, one at a time, and shows that each makes a test fail:
// `npm run mistakes` for all, `npm run mistakes -- attention-scale` for those whose id contains the word.
import { fileURLToPath } from 'node:url';
import { readMistakes } from './mistake-list.ts';
import { failingTests, tryMistake, type Outcome } from './mistake.ts';
import { copyRepository } from './scratch.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

const words = process.argv.slice(2);
const chosen = (await readMistakes(root)).filter(
  (mistake) => words.length === 0 || words.some((word) => mistake.id.includes(word)),
);
if (chosen.length === 0)
  throw new Error(`tests/mistakes lists no mistake${words.length > 0 ? ` with ${words.join(' or ')} in its id` : ''}.`);

const scratch = copyRepository(root);
const outcomes: Outcome[] = [];
try {
  const tests = [...new Set(chosen.flatMap((mistake) => mistake.tests))];
  const before = failingTests(scratch.root, { id: 'no mistake', tests });
  if (before.length > 0) throw new Error(`These fail without any mistake: ${before.join('; ')}`);
  console.log('| mistake | what | result | noticed by | seconds |\n|---|---|---|---|---|');
  for (const mistake of chosen) {
    const outcome = tryMistake(scratch.root, mistake);
    outcomes.push(outcome);
    const others = outcome.by.length > 1 ? ` and ${outcome.by.length - 1} more` : '';
    const cells = [
      mistake.id,
      mistake.what,
      outcome.result,
      `${outcome.by[0] ?? '–'}${others}`,
      outcome.seconds.toFixed(1),
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
} finally {
  scratch.remove();
}
const missed = outcomes.filter((outcome) => outcome.result === 'missed');
console.log(`\n${outcomes.length - missed.length} of ${outcomes.length} mistakes make a test fail.`);
if (missed.length > 0) process.exitCode = 1;
