import { describe, expect, it } from 'vitest';
import { isPrivateAddress, isPrivateName } from './private-address.ts';

describe('private addresses', () => {
  it.each([
    '127.0.0.1',
    '127.255.255.254',
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.178.1',
    '224.0.0.251',
    '255.255.255.255',
    '::',
    '::1',
    '[::1]',
    'fe80::1%eth0',
    'fd12:3456::1',
    'fec0::1',
    'ff02::fb',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:10.0.0.1',
    '::127.0.0.1',
    '64:ff9b::a00:1',
    '64:ff9b:1::1',
    '2002:7f00:1::',
    '2002:c0a8:101::1',
  ])('are refused: %s', (address) => {
    expect(isPrivateAddress(address)).toBe(true);
  });

  it.each([
    '1.1.1.1',
    '172.15.0.1',
    '172.32.0.1',
    '198.18.0.7',
    '223.255.255.255',
    '2606:4700::1111',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
    '2002:808:808::',
    'example.com',
  ])('are not mistaken for public ones: %s', (address) => {
    expect(isPrivateAddress(address)).toBe(false);
  });

  it.each(['localhost', 'LOCALHOST.', 'a.localhost', 'printer.local', 'metadata.google.internal', 'router.lan'])(
    'have names: %s',
    (name) => {
      expect(isPrivateName(name)).toBe(true);
    },
  );

  it.each(['localhost.example.com', 'local', 'internal.org', 'huggingface.co'])('have not all names: %s', (name) => {
    expect(isPrivateName(name)).toBe(name === 'local');
  });
});
