import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const assets = new URL('../packages/studio/assets/', import.meta.url);

describe('the bundled weights', () => {
  const files = readdirSync(assets).filter((name) => name.endsWith('.safetensors'));

  it('are what the model card describes, byte for byte', () => {
    const card = readFileSync(new URL('MODEL-CARD.md', assets), 'utf8');
    const described = [...card.matchAll(/^## (\S+\.safetensors)$[\s\S]*?^SHA-256 `([0-9a-f]{64})`$/gm)];
    const stored = files.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(new URL(name, assets)))
        .digest('hex'),
    ]);
    expect(Object.fromEntries(described.map((match) => [match[1], match[2]]))).toEqual(Object.fromEntries(stored));
  });

  it.each(files)('have their licence in NOTICE: %s', (name) => {
    expect(readFileSync(new URL('../NOTICE', import.meta.url), 'utf8')).toContain(name);
  });
});
