import { BlockList, isIP } from 'node:net';
import { DanqingError } from '@danqing/engine/errors';

/** Environment variables as the process has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Programs that lead connections on: over HTTP (plain or inside TLS), or over SOCKS 5. */
export interface Proxy {
  readonly kind: 'http' | 'https' | 'socks5';
  readonly host: string;
  readonly port: number;
  readonly user?: string;
  readonly password?: string;
}

/**
 * The proxy that the environment asks for: `HTTPS_PROXY`, `HTTP_PROXY` or `ALL_PROXY`, small letters first, unless
 * `NO_PROXY` has the host. The rules of curl; CIDR ranges in `NO_PROXY` count.
 * @throws bad-value when the variable is no proxy address, or of a kind that is not spoken here.
 */
export function proxyFor(url: URL, env: Environment): Proxy | undefined {
  if (isExempt(url, read(env, 'NO_PROXY')?.value ?? '')) return undefined;
  const found = read(env, url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY') ?? read(env, 'ALL_PROXY');
  return found && parseProxy(found.name, found.value);
}

const DEFAULT_PORTS: Readonly<Record<Proxy['kind'], number>> = { http: 80, https: 443, socks5: 1080 };
/** Desktops write `socks` for SOCKS of any version; names are always looked up by the proxy, as `socks5h` asks for. */
const KINDS: Readonly<Record<string, Proxy['kind']>> = {
  'http:': 'http',
  'https:': 'https',
  'socks5:': 'socks5',
  'socks5h:': 'socks5',
  'socks:': 'socks5',
};

function read(env: Environment, name: string): { name: string; value: string } | undefined {
  for (const each of [name.toLowerCase(), name]) {
    const value = env[each]?.trim();
    if (value !== undefined && value !== '') return { name: each, value };
  }
  return undefined;
}

function parseProxy(name: string, value: string): Proxy {
  const text = /^[a-z][a-z\d+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const kind = url && KINDS[url.protocol];
  if (url === undefined || kind === undefined || url.hostname === '') {
    throw new DanqingError('bad-value', {
      where: `the environment variable ${name}`,
      expected: 'a proxy such as http://127.0.0.1:7890 or socks5://127.0.0.1:1080',
      found: url === undefined ? 'something else' : `an address that begins with ${url.protocol}`,
    });
  }
  return {
    kind,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? DEFAULT_PORTS[kind] : Number(url.port),
    ...(url.username !== '' && { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }),
  };
}

function isExempt(url: URL, list: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return list
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => entry === '*' || matches(entry.toLowerCase(), host, port));
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry.includes('/')) return isInRange(entry, host);
  if (isIP(entry) === 6) return entry === host;
  const { name, ofPort } = /^(?<name>.*?)(?::(?<ofPort>\d+))?$/.exec(entry)!.groups!;
  if (ofPort !== undefined && ofPort !== port) return false;
  const bare = name!
    .replace(/^\[|\]$/g, '')
    .replace(/^\*?\./, '')
    .replace(/\.$/, '');
  return bare !== '' && (host === bare || (isIP(host) === 0 && host.endsWith(`.${bare}`)));
}

function isInRange(range: string, host: string): boolean {
  const [address = '', bits = ''] = range.split('/');
  const family = isIP(address);
  if (family === 0 || isIP(host) !== family || !/^\d+$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128)) {
    return false;
  }
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const block = new BlockList();
  block.addSubnet(address, Number(bits), type);
  return block.check(host, type);
}
