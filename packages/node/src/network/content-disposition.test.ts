import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseContentDisposition } from './content-disposition.ts';

const bytesOf = (text: string, encoding: BufferEncoding = 'utf8') => Buffer.from(text, encoding).toString('latin1');

describe('Content-Disposition', () => {
  it.each([
    ['attachment; filename="v1-5.safetensors"', 'v1-5.safetensors'],
    ['attachment; filename=v1-5.safetensors', 'v1-5.safetensors'],
    ['attachment;filename=v1-5.safetensors;size=7', 'v1-5.safetensors'],
    ['ATTACHMENT; FileName = "a b.ckpt"', 'a b.ckpt'],
    ['attachment; filename=My Model v1.ckpt', 'My Model v1.ckpt'],
    ['inline; filename="a;b=c.ckpt"; size=3', 'a;b=c.ckpt'],
    ['attachment; filename="a \\"quoted\\" name.pt"', 'a "quoted" name.pt'],
    ['attachment; filename="C:\\models\\a.pt"', 'C:\\models\\a.pt'],
    ['attachment; filename="no end.pt', 'no end.pt'],
    ['filename="only.pt"', 'only.pt'],
    ['filename=only.pt', 'only.pt'],
    ['attachment', undefined],
    ['', undefined],
    ['attachment; filename=""', undefined],
    ['attachment; name="filename=x.pt"', undefined],
    ['attachment; xfilename="x.pt"', undefined],
    ["attachment; filename*=UTF-8''%e4%b8%ad%e6%96%87.safetensors", '中文.safetensors'],
    ['attachment; filename*=utf-8\'zh-CN\'%E4%B8%AD.pt; filename="fallback.pt"', '中.pt'],
    ['attachment; filename="fallback.pt"; filename*=UTF-8\'\'na%C3%AFve%20file.pt', 'naïve file.pt'],
    ["attachment; filename*=iso-8859-1''na%EFve.pt", 'naïve.pt'],
    ["attachment; filename*=GBK''%D6%D0.pt", '中.pt'],
    ["attachment; filename*=x-unknown''%D6%D0.pt", '中.pt'],
    ['attachment; filename*="UTF-8\'\'in%20quotes.pt"', 'in quotes.pt'],
    ['attachment; filename*=broken; filename=good.pt', 'good.pt'],
    ['attachment; filename*0="very long "; filename*1="name.pt"', 'very long name.pt'],
    ["attachment; filename*0*=UTF-8''%e4%b8; filename*1*=%ad.pt", '中.pt'],
    ['attachment; filename*0*=UTF-8\'\'a%20; filename*1="b.pt"', 'a b.pt'],
    ['attachment; filename="=?UTF-8?B?5Lit5paHLnB0?="', '中文.pt'],
    ['attachment; filename="=?utf-8?q?na=C3=AFve_a.pt?="', 'naïve a.pt'],
    ['attachment; filename="%E4%B8%AD%E6%96%87.pt"', '中文.pt'],
    ['attachment; filename="100%25 real.pt"', '100% real.pt'],
    ['attachment; filename="100% real.pt"', '100% real.pt'],
    [`attachment; filename="${bytesOf('中文模型.pt')}"`, '中文模型.pt'],
    [`attachment; filename=${bytesOf('中文模型.pt')}`, '中文模型.pt'],
    [`attachment; filename="${bytesOf('naïve.pt', 'latin1')}"`, 'naïve.pt'],
    ['attachment; filename="\xd6\xd0\xce\xc4.pt"', '中文.pt'],
  ])('%j', (header, name) => {
    expect(parseContentDisposition(header)).toBe(name);
  });

  it('is read in any case, without a mistake of its own', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const header = Buffer.from(bytes).toString('latin1');
        const name = parseContentDisposition(`attachment; filename*0*=${header}; filename="${header}"`);
        expect(['string', 'undefined']).toContain(typeof name);
      }),
    );
  });

  it('of the greatest length is read in one go, whatever it repeats', () => {
    for (const piece of ['a"\\', '; filename', 'a', ' ', '=?a?b?', ' a', '="']) {
      const long = piece.repeat(60_000 / piece.length);
      expect(parseContentDisposition(long)?.length ?? 0).toBeLessThan(60_001);
      expect(parseContentDisposition(`attachment; filename="${long}`)?.length ?? 0).toBeLessThan(60_001);
    }
  });

  it('brings back what a careful server sends', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
        const encoded = encodeURIComponent(name).replaceAll("'", '%27').replaceAll('*', '%2A');
        expect(parseContentDisposition(`attachment; filename*=UTF-8''${encoded}`)).toBe(name);
      }),
    );
  });
});
