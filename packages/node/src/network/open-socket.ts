import { request } from 'node:http';
import { connect, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { DanqingError } from '@danqing/engine/errors';
import type { Proxy } from './proxy-choice.ts';
import { connectThroughSocks5 } from './socks5.ts';

/** Where a connection leads, and over what. */
export interface SocketTarget {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  readonly proxy?: Proxy | undefined;
  /** How names are looked up when there is no proxy. */
  readonly lookup?: LookupFunction | undefined;
  readonly timeoutMs: number;
}

/**
 * Opens a connection on which the target can be spoken to: straight or through a proxy, with TLS where that is asked
 * for. Plain HTTP through an HTTP proxy is spoken to the proxy itself.
 * @throws the system's error, or network when a proxy refuses.
 */
export async function openSocket(target: SocketTarget): Promise<Socket> {
  const { host, port, proxy } = target;
  if (proxy === undefined) {
    return target.secure ? openTls(target, host, port, target.lookup) : openTcp(target, host, port, target.lookup);
  }
  const socket =
    proxy.kind === 'https'
      ? await openTls(target, proxy.host, proxy.port)
      : await openTcp(target, proxy.host, proxy.port);
  try {
    if (proxy.kind === 'socks5') await limited(target.timeoutMs, connectThroughSocks5(socket, proxy, host, port));
    else if (target.secure) await limited(target.timeoutMs, connectThroughHttp(socket, proxy, host, port));
    return target.secure ? await openTls(target, host, port, undefined, socket) : socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** Whether requests to the target are sent to the proxy with the whole address in them. */
export const speaksToProxy = ({ proxy, secure }: SocketTarget): boolean =>
  proxy !== undefined && proxy.kind !== 'socks5' && !secure;

/** The header that shows a proxy who asks. */
export function proxyAuthorization({ user, password = '' }: Proxy): Record<string, string> {
  if (user === undefined) return {};
  return { 'proxy-authorization': `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

function openTcp({ timeoutMs }: SocketTarget, host: string, port: number, lookup?: LookupFunction): Promise<Socket> {
  return opened(connect({ host, port, ...(lookup && { lookup }) }), 'connect', timeoutMs);
}

function openTls(
  { timeoutMs }: SocketTarget,
  host: string,
  port: number,
  lookup?: LookupFunction,
  socket?: Socket,
): Promise<Socket> {
  const options = { host, port, servername: servername(host), ALPNProtocols: ['http/1.1'] };
  return opened(
    connectTls({ ...options, ...(lookup && { lookup }), ...(socket && { socket }) }),
    'secureConnect',
    timeoutMs,
  );
}

/** Addresses have no name to be asked for. */
const servername = (host: string): string => (/^[\d.]+$|:/.test(host) ? '' : host);

function opened(socket: Socket, event: 'connect' | 'secureConnect', timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(connectTimeout()), timeoutMs);
    socket.once('error', reject);
    socket.once('close', () => {
      clearTimeout(timer);
      reject(new Error('The connection was closed before it stood.'));
    });
    socket.once(event, () => {
      clearTimeout(timer);
      // Without a listener an error between two users of the socket would end the program.
      socket.on('error', () => {});
      resolve(socket.setNoDelay(true));
    });
  });
}

async function limited(timeoutMs: number, action: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(connectTimeout()), timeoutMs);
  });
  await Promise.race([action, late]).finally(() => clearTimeout(timer));
}

const connectTimeout = (): Error => Object.assign(new Error('The connection took too long.'), { code: 'ETIMEDOUT' });

function connectThroughHttp(socket: Socket, proxy: Proxy, host: string, port: number): Promise<void> {
  const target = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return new Promise((resolve, reject) => {
    const asking = request({
      method: 'CONNECT',
      path: target,
      headers: { host: target, ...proxyAuthorization(proxy) },
      createConnection: () => socket,
    });
    asking.once('error', reject);
    asking.once('connect', ({ statusCode = 0 }, _socket, head) => {
      if (statusCode < 200 || statusCode > 299) return reject(refusal(proxy, statusCode));
      if (head.length > 0) socket.unshift(head);
      resolve();
    });
    asking.once('response', ({ statusCode = 0 }) => reject(refusal(proxy, statusCode)));
    asking.end();
  });
}

const refusal = (proxy: Proxy, status: number): DanqingError =>
  new DanqingError('network', {
    where: `the proxy ${proxy.host}:${proxy.port}`,
    expected: 'that it leads the connection on',
    found: status === 407 ? 'that it wants a name and a password' : `the answer ${status}`,
    advice: 'Check the proxy settings in the environment (HTTPS_PROXY, ALL_PROXY, NO_PROXY).',
  });
