import type { TokenState } from '@danqing/studio/downloads/tokens';
import type { Messages } from '../messages/index.ts';
import { printTable } from '../terminal/print-table.ts';

type Say = Messages['tokens'];

/** Prints which sites a token is kept for. */
export async function listTokens(json: boolean, say: Say): Promise<void> {
  const { tokenStates } = await import('@danqing/studio/downloads/tokens');
  const states = await tokenStates(process.env);
  if (json) {
    console.log(JSON.stringify(states));
    return;
  }
  const rows = states.map(({ site, origin, from, page }) => [site, origin, say[from ?? 'none'], page]);
  console.log(printTable([say.head, say.origin, say.state, say.page], rows));
}

/** Asks for a token, or reads it from the standard input, and keeps it. It never stands on a command line, which others can see. */
export async function keepToken(site: string, say: Say): Promise<void> {
  const { setToken } = await import('@danqing/studio/downloads/tokens');
  const state = await stateOf(site);
  const token = process.stdin.isTTY ? await ask(state, say) : await readInput();
  await setToken(state.origin, token);
  console.log(say.kept(state.origin));
}

/** Forgets a token. */
export async function forgetToken(site: string, say: Say): Promise<void> {
  const { removeToken } = await import('@danqing/studio/downloads/tokens');
  const { origin } = await stateOf(site);
  console.log((await removeToken(origin)) ? say.removed(origin) : say.nothing(origin));
}

async function stateOf(site: string): Promise<TokenState> {
  const { tokenStates } = await import('@danqing/studio/downloads/tokens');
  return (await tokenStates(process.env)).find((state) => state.site === site)!;
}

async function ask({ title, page }: TokenState, say: Say): Promise<string> {
  const { isCancel, password } = await import('@clack/prompts');
  const answer = await password({ message: say.ask(title, page), output: process.stderr });
  return isCancel(answer) ? '' : answer;
}

async function readInput(): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of process.stdin) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString('utf8');
}
