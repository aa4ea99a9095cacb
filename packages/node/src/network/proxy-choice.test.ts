import { describe, expect, it } from 'vitest';
import { proxyFor } from './proxy-choice.ts';

const choose = (url: string, env: Record<string, string>) => {
  const proxy = proxyFor(new URL(url), env);
  return proxy && `${proxy.kind} ${proxy.host}:${proxy.port}`;
};

describe('the choice of a proxy', () => {
  it('follows the scheme of the link, small letters first', () => {
    const env = { HTTP_PROXY: 'http://a:1', HTTPS_PROXY: 'http://b:2', https_proxy: 'http://c:3' };
    expect(choose('http://example.com/', env)).toBe('http a:1');
    expect(choose('https://example.com/', env)).toBe('http c:3');
    expect(choose('https://example.com/', {})).toBeUndefined();
    expect(choose('https://example.com/', { HTTPS_PROXY: ' ' })).toBeUndefined();
  });

  it('falls back to ALL_PROXY, over HTTP, TLS or SOCKS', () => {
    expect(choose('https://example.com/', { ALL_PROXY: 'socks5h://127.0.0.1' })).toBe('socks5 127.0.0.1:1080');
    expect(choose('https://example.com/', { all_proxy: 'socks://127.0.0.1:7891/' })).toBe('socks5 127.0.0.1:7891');
    expect(choose('http://example.com/', { ALL_PROXY: '127.0.0.1:7890' })).toBe('http 127.0.0.1:7890');
    expect(choose('http://example.com/', { ALL_PROXY: 'https://proxy.example' })).toBe('https proxy.example:443');
    expect(choose('http://example.com/', { ALL_PROXY: 'http://[::1]:8080' })).toBe('http ::1:8080');
  });

  it('reads a name and a password', () => {
    expect(proxyFor(new URL('https://example.com'), { HTTPS_PROXY: 'http://u%40x:p%3A1@proxy:8' })).toEqual({
      kind: 'http',
      host: 'proxy',
      port: 8,
      user: 'u@x',
      password: 'p:1',
    });
  });

  it.each([
    ['*', true],
    ['example.com', true],
    ['.example.com', true],
    ['*.example.com', true],
    ['EXAMPLE.com', true],
    ['example.com:443', true],
    ['example.com:80', false],
    ['ample.com', false],
    ['other.org, example.com', true],
    ['other.org example.com', true],
    ['', false],
  ])('leaves out what NO_PROXY names: %s', (list, exempt) => {
    expect(choose('https://www.example.com/', { HTTPS_PROXY: 'http://p:1', NO_PROXY: list }) === undefined).toBe(
      exempt,
    );
  });

  it.each([
    ['http://10.1.2.3/', '10.0.0.0/8', true],
    ['http://11.1.2.3/', '10.0.0.0/8', false],
    ['http://[fd00::1]/', 'fd00::/8', true],
    ['http://[::1]:9/', '::1', true],
    ['http://[::1]:9/', '[::1]:9', true],
    ['http://127.0.0.1:9/', '127.0.0.1', true],
    ['http://1.127.0.0.1.example/', '127.0.0.1', false],
  ])('knows addresses and ranges in NO_PROXY: %s %s', (url, list, exempt) => {
    expect(choose(url, { HTTP_PROXY: 'http://p:1', no_proxy: list }) === undefined).toBe(exempt);
  });

  it('names the variable that is wrong, and not the password in it', () => {
    expect(() => choose('https://x/', { HTTPS_PROXY: 'socks4://u:secret@127.0.0.1' })).toThrow(
      /HTTPS_PROXY: expected a proxy such as .*found an address that begins with socks4:/,
    );
    expect(() => choose('https://x/', { ALL_PROXY: 'http://' })).toThrow(/ALL_PROXY/);
  });
});
