import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { numberedName, safeFileName, splitEnding } from './safe-file-name.ts';

describe('names of files', () => {
  it.each([
    ['v1-5-pruned-emaonly.safetensors', 'v1-5-pruned-emaonly.safetensors'],
    ['中文模型 v1.0.ckpt', '中文模型 v1.0.ckpt'],
    ['../../etc/passwd', 'passwd'],
    ['..\\..\\windows\\system32\\a.pt', 'a.pt'],
    ['/absolute/name.pt', 'name.pt'],
    ['C:\\a.pt', 'a.pt'],
    ['C:a.pt', 'C_a.pt'],
    ['a.pt/', 'a.pt'],
    ['..', 'download'],
    ['', 'download'],
    ['/', 'download'],
    [' . ', 'download'],
    ['.htaccess', 'htaccess'],
    ['...hidden.pt', 'hidden.pt'],
    ['name.pt. . ', 'name.pt'],
    ['a\0b.pt', 'ab.pt'],
    ['a\nb\tc.pt', 'abc.pt'],
    ['model\u202Etp.exe', 'modeltp.exe'],
    ['a\u200Bb\uFEFF\u2066.pt', 'ab.pt'],
    ['a\u2028b.pt', 'ab.pt'],
    ['a\u00A0\u3000b.pt', 'a b.pt'],
    ['a\uD800b.pt', 'ab.pt'],
    ['what?<is>"this"|*:.pt', 'what__is__this____.pt'],
    ['CON', '_CON'],
    ['nul.safetensors', '_nul.safetensors'],
    ['com1.tar.pt', '_com1.tar.pt'],
    ['LPT9 .pt', '_LPT9 .pt'],
    ['console.pt', 'console.pt'],
    ['cafe\u0301.pt', 'café.pt'],
  ])('%j', (said, name) => {
    expect(safeFileName(said)).toBe(name);
  });

  it('are cut without their ending and without half a character', () => {
    const name = safeFileName(`${'中'.repeat(10_000)}.safetensors`);
    expect(name).toMatch(/^中{62}\.safetensors$/);
    expect(safeFileName('😀'.repeat(100))).toBe('😀'.repeat(50));
    expect(safeFileName(`a.${'x'.repeat(10_000)}`).length).toBe(200);
  });

  it('are safe whatever is said', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 0xffff }), { maxLength: 80 }), (codes) => {
        const name = safeFileName(String.fromCharCode(...codes));
        expect(name).not.toMatch(/[/\\\p{Cc}\p{Cf}\p{Cs}]|^\.|[. ]$/u);
        expect(Buffer.byteLength(name)).toBeGreaterThan(0);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
        expect(safeFileName(name)).toBe(name);
      }),
    );
  });

  it('get a number before their ending', () => {
    expect(numberedName('a.pt', 2)).toBe('a-2.pt');
    expect(numberedName('no ending', 3)).toBe('no ending-3');
    expect(Buffer.byteLength(numberedName(`${'a'.repeat(190)}.safetensors`, 12))).toBe(200);
  });

  it('have an ending, or none', () => {
    expect(splitEnding('v1.5')).toEqual({ stem: 'v1', ending: '.5' });
    expect(splitEnding('a.')).toEqual({ stem: 'a.', ending: '' });
    expect(splitEnding('.pt')).toEqual({ stem: '.pt', ending: '' });
  });
});
