import { isIP, type Socket } from 'node:net';
import { DanqingError } from '@danqing/engine/errors';
import type { Proxy } from './proxy-choice.ts';

/**
 * Asks a SOCKS 5 proxy (RFC 1928, passwords RFC 1929) on a fresh connection to lead it on to a host, which the proxy
 * looks up.
 * @throws network when the proxy refuses or speaks something else.
 */
export async function connectThroughSocks5(socket: Socket, proxy: Proxy, host: string, port: number): Promise<void> {
  const answers = new Answers(socket);
  try {
    const methods = proxy.user === undefined ? [NO_PASSWORD] : [NO_PASSWORD, PASSWORD];
    socket.write(Uint8Array.from([VERSION, methods.length, ...methods]));
    const [version, method] = await answers.read(2);
    if (version !== VERSION) throw proxyTrouble(proxy, 'an answer in another protocol');
    if (method === PASSWORD) await sendPassword(socket, answers, proxy);
    else if (method !== NO_PASSWORD) throw proxyTrouble(proxy, 'that it wants a name and a password');
    socket.write(Uint8Array.from([VERSION, CONNECT, 0, ...addressBytes(host), port >> 8, port & 255]));
    const [, reply = 1, , type] = await answers.read(4);
    if (reply !== 0) throw proxyTrouble(proxy, `that it ${REPLIES[reply] ?? `answers with error ${reply}`}`);
    const length = type === IPV4 ? 4 : type === IPV6 ? 16 : (await answers.read(1))[0]!;
    await answers.read(length + 2);
  } finally {
    answers.release();
  }
}

const VERSION = 5;
const NO_PASSWORD = 0;
const PASSWORD = 2;
const CONNECT = 1;
const IPV4 = 1;
const NAME = 3;
const IPV6 = 4;
const REPLIES: readonly string[] = [
  '',
  'failed',
  'does not allow the connection',
  'cannot reach the network',
  'cannot reach the host',
  'was refused by the host',
  'waited too long for the host',
];

async function sendPassword(socket: Socket, answers: Answers, proxy: Proxy): Promise<void> {
  const field = (text: string): number[] => {
    const bytes = new TextEncoder().encode(text).subarray(0, 255);
    return [bytes.length, ...bytes];
  };
  socket.write(Uint8Array.from([1, ...field(proxy.user ?? ''), ...field(proxy.password ?? '')]));
  const [, status] = await answers.read(2);
  if (status !== 0) throw proxyTrouble(proxy, 'that it does not accept the name and password');
}

function addressBytes(host: string): number[] {
  if (isIP(host) === 4) return [IPV4, ...host.split('.').map(Number)];
  const bytes = new TextEncoder().encode(host);
  return [NAME, bytes.length, ...bytes];
}

/**
 * Takes a connection's bytes in the portions that the protocol has. Nothing is left at the end: the host behind the proxy
 * says nothing before it is asked.
 */
class Answers {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #wake: (() => void) | undefined;
  readonly #take = (bytes: Buffer): void => {
    this.#received = Buffer.concat([this.#received, bytes]);
    this.#wake?.();
  };
  readonly #ended = (): void => this.#wake?.();

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', this.#take);
    socket.on('close', this.#ended);
    socket.on('end', this.#ended);
  }

  async read(length: number): Promise<Uint8Array> {
    while (this.#received.length < length) {
      if (this.#socket.readableEnded || this.#socket.destroyed) {
        throw this.#socket.errored ?? new Error('the proxy closed the connection');
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const bytes = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    return bytes;
  }

  release(): void {
    this.#socket.off('data', this.#take);
    this.#socket.off('close', this.#ended);
    this.#socket.off('end', this.#ended);
  }
}

const proxyTrouble = (proxy: Proxy, found: string): DanqingError =>
  new DanqingError('network', {
    where: `the proxy ${proxy.host}:${proxy.port}`,
    expected: 'a SOCKS 5 proxy that leads on',
    found,
  });
