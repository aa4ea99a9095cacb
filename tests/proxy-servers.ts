import { createServer as createHttpServer, request as requestHttp } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { listen } from './http-server.ts';

/** A proxy that a test made. */
export interface TestProxy {
  readonly port: number;
  /** What it was asked for, one line each. */
  readonly asked: string[];
  close(): Promise<void>;
}

/** An HTTP proxy: whole addresses and CONNECT; every host leads to `port` of this machine. `login`: `user:password`. */
export async function startHttpProxy(port: number, login?: string): Promise<TestProxy> {
  const asked: string[] = [];
  const isAllowed = (header: string | undefined): boolean =>
    login === undefined || header === `Basic ${Buffer.from(login).toString('base64')}`;
  const server = createHttpServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    if (!isAllowed(incoming.headers['proxy-authorization'])) {
      response.writeHead(407).end();
      return;
    }
    const { pathname, search } = new URL(incoming.url!);
    const { 'proxy-authorization': _, ...headers } = incoming.headers;
    const onward = requestHttp({ host: '127.0.0.1', port, path: pathname + search, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    incoming.pipe(onward);
  });
  const sockets = trackSockets(server);
  server.on('connect', (incoming, socket: Socket, head) => {
    asked.push(`CONNECT ${incoming.url}`);
    if (!isAllowed(incoming.headers['proxy-authorization'])) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    join(socket, port, head);
  });
  await listen(server);
  return { port: (server.address() as AddressInfo).port, asked, close: () => closeAll(server, sockets) };
}

/** A SOCKS 5 proxy; every host leads to `port` of this machine. `login`: `user:password`. */
export async function startSocksProxy(port: number, login?: string): Promise<TestProxy> {
  const asked: string[] = [];
  const server = createServer((socket) => {
    let stage: 'greeting' | 'login' | 'request' | 'open' = 'greeting';
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      if (stage === 'greeting') {
        stage = login === undefined ? 'request' : 'login';
        const method = login === undefined ? 0 : 2;
        socket.write(Uint8Array.from([5, bytes.includes(method, 2) ? method : 0xff]));
      } else if (stage === 'login') {
        const user = bytes.subarray(2, 2 + bytes[1]!).toString();
        const password = bytes.subarray(3 + bytes[1]!).toString();
        const isRight = `${user}:${password}` === login;
        stage = 'request';
        socket.write(Uint8Array.from([1, isRight ? 0 : 1]));
      } else if (stage === 'request') {
        stage = 'open';
        const [, , , type, length = 0] = bytes;
        const name = type === 3 ? bytes.subarray(5, 5 + length).toString() : bytes.subarray(4, 8).join('.');
        asked.push(`${name}:${bytes.readUInt16BE(bytes.length - 2)}`);
        // The answer comes in two pieces, as networks like to do.
        socket.write(Uint8Array.from([5, 0, 0]));
        setTimeout(() => {
          socket.write(Uint8Array.from([1, 0, 0, 0, 0, 0, 0]));
          socket.removeAllListeners('data');
          join(socket, port);
        }, 20);
      }
    });
  });
  const sockets = trackSockets(server);
  await listen(server);
  return { port: (server.address() as AddressInfo).port, asked, close: () => closeAll(server, sockets) };
}

function join(socket: Socket, port: number, head?: Buffer): void {
  const onward = connect(port, '127.0.0.1');
  if (head !== undefined && head.length > 0) onward.write(head);
  socket.on('error', () => onward.destroy());
  onward.on('error', () => socket.destroy());
  socket.pipe(onward).pipe(socket);
}

function trackSockets(server: Server): Set<Socket> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  return sockets;
}

async function closeAll(server: Server, sockets: Set<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
}
