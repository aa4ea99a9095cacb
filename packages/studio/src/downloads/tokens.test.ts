import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { at, endpointsFrom } from './sites.ts';
import { readTokens, removeToken, setToken, tokenFor, tokenStates } from './tokens.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tokens-'));
  file = join(folder, 'home', 'tokens.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

const mode = () => statSync(file).mode & 0o777;

describe('tokens', () => {
  it('are kept in a file that only its owner can read', async () => {
    await setToken('https://civitai.com', ' token-one-1 ', file);
    expect(mode()).toBe(0o600);
    await setToken('https://huggingface.co', 'hf_token-2', file);
    expect(mode()).toBe(0o600);
    expect([...(await readTokens({}, file))]).toEqual([
      ['https://civitai.com', 'token-one-1'],
      ['https://huggingface.co', 'hf_token-2'],
    ]);
    expect(await removeToken('https://civitai.com', file)).toBe(true);
    expect(await removeToken('https://civitai.com', file)).toBe(false);
    expect([...(await readTokens({}, file)).keys()]).toEqual(['https://huggingface.co']);
  });

  it('lose permissions that others should not have', async () => {
    await setToken('https://civitai.com', 'token-one-1', file);
    chmodSync(file, 0o644);
    await readTokens({}, file);
    expect(mode()).toBe(0o600);
    chmodSync(file, 0o644);
    await setToken('https://civitai.com', 'token-one-2', file);
    expect(mode()).toBe(0o600);
  });

  it('come from the environment too, for the sites themselves and not for mirrors', async () => {
    const env = {
      HF_TOKEN: 'hf_environment',
      CIVITAI_API_KEY: 'civitai-environment',
      HF_ENDPOINT: 'https://hf-mirror.com',
    };
    const tokens = await readTokens(env, file);
    expect(tokenFor(new URL('https://huggingface.co/x'), tokens)).toBe('hf_environment');
    expect(tokenFor(new URL('https://civitai.com/api'), tokens)).toBe('civitai-environment');
    expect(tokenFor(at(endpointsFrom(env).huggingface, 'x'), tokens)).toBeUndefined();
    await setToken('https://huggingface.co', 'hf_on-purpose', file);
    expect(tokenFor(new URL('https://huggingface.co/x'), await readTokens(env, file))).toBe('hf_on-purpose');
  });

  it('are told of without being told', async () => {
    await setToken('https://civitai.com', 'secret-token', file);
    const states = await tokenStates({ HF_TOKEN: 'hf_environment' }, file);
    expect(states).toMatchObject([
      { site: 'civitai', origin: 'https://civitai.com', from: 'file' },
      { site: 'huggingface', origin: 'https://huggingface.co', from: 'environment' },
    ]);
    expect(JSON.stringify(states)).not.toMatch(/secret-token|hf_environment/);
    const [, mirror] = await tokenStates({ HF_TOKEN: 'hf_environment', HF_ENDPOINT: 'https://hf-mirror.com' }, file);
    expect(mirror).toMatchObject({ origin: 'https://hf-mirror.com' });
    expect(mirror!.from).toBeUndefined();
  });

  it('go to exactly their server, over connections that others cannot read', async () => {
    const tokens = new Map([
      ['https://civitai.com', 'secret'],
      ['http://civitai.com', 'secret'],
      ['http://127.0.0.1:8080', 'local'],
    ]);
    for (const url of [
      'http://civitai.com/',
      'https://civitai.com.evil.example/',
      'https://www.civitai.com/',
      'https://civitai.com:8443/',
      'https://iativic.com/',
      'http://127.0.0.1:8081/',
    ]) {
      expect(tokenFor(new URL(url), tokens)).toBeUndefined();
    }
    expect(tokenFor(new URL('https://civitai.com/x?y'), tokens)).toBe('secret');
    expect(tokenFor(new URL('http://127.0.0.1:8080/'), tokens)).toBe('local');
  });

  it.each(['', 'short', 'two words here', 'line\nbreak-1'])('are refused without being repeated: %j', async (token) => {
    const error = await setToken('https://civitai.com', token, file).catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ code: 'bad-value' });
    expect((error as Error).message).not.toContain(token || 'undefined');
  });

  it('in a damaged file are not repeated either', async () => {
    await setToken('https://civitai.com', 'token-one-1', file);
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, -3));
    const error = await readTokens({}, file).catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ code: 'bad-file' });
    expect((error as Error).message).not.toContain('token-one-1');
  });
});

describe('endpoints', () => {
  it('are the sites, or the mirrors that the environment names', () => {
    expect(endpointsFrom({}).civitai.href).toBe('https://civitai.com/');
    const { civitai, huggingface } = endpointsFrom({
      HF_ENDPOINT: 'https://hf-mirror.com/',
      CIVITAI_ENDPOINT: 'http://10.0.0.1:8080/civitai',
    });
    expect(at(huggingface, 'api/models').href).toBe('https://hf-mirror.com/api/models');
    expect(at(civitai, 'api/v1/models').href).toBe('http://10.0.0.1:8080/civitai/api/v1/models');
  });

  it.each(['hf-mirror.com', 'ftp://x', 'https://user:word@x'])('are refused when they are no address: %s', (value) => {
    expect(() => endpointsFrom({ HF_ENDPOINT: value })).toThrow(/HF_ENDPOINT: expected an address such as/);
  });
});
