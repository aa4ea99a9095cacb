import { BlockList, isIP } from 'node:net';

/**
 * Ranges that no public server has (IANA special-purpose registries). 198.18.0.0/15 is left out on purpose: some proxy
 * programs answer every name with an address of that range and lead the connection on.
 */
const PRIVATE = new BlockList();
for (const [address, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['224.0.0.0', 3],
] as const) {
  PRIVATE.addSubnet(address, bits, 'ipv4');
}
for (const [address, bits] of [
  ['::', 127],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['fc00::', 7],
  ['fe80::', 9],
  ['ff00::', 8],
] as const) {
  PRIVATE.addSubnet(address, bits, 'ipv6');
}

/**
 * Whether an address is of this machine, its local network, or none at all, so that no public server can be there. IPv4
 * addresses inside IPv6 ones (mapped, translated, 6to4) count as what they contain.
 */
export function isPrivateAddress(address: string): boolean {
  const plain = address.replace(/^\[|\]$|%.*$/g, '');
  const version = isIP(plain);
  if (version === 4) return PRIVATE.check(plain, 'ipv4');
  if (version !== 6) return false;
  const inner = innerIpv4(plain);
  return inner === undefined ? PRIVATE.check(plain, 'ipv6') : PRIVATE.check(inner, 'ipv4');
}

/** Whether a host name can only mean this machine or its local network, whatever a name server says. */
export function isPrivateName(name: string): boolean {
  return /(?:^|\.)(?:localhost|local|internal|lan|home\.arpa|localdomain)\.?$/i.test(name);
}

/** The IPv4 address that an IPv6 address stands for: ::ffff:0:0/96, ::/96, 64:ff9b::/96, 2002::/16. */
function innerIpv4(address: string): string | undefined {
  const groups = groupsOf(address);
  const dotted = (high: number, low: number): string => [high >> 8, high & 255, low >> 8, low & 255].join('.');
  const last = dotted(groups[6]!, groups[7]!);
  const starts = (...prefix: number[]): boolean => prefix.every((group, i) => groups[i] === group);
  if (starts(0, 0, 0, 0, 0, 0xffff) || starts(0x64, 0xff9b, 0, 0, 0, 0)) return last;
  if (starts(0, 0, 0, 0, 0, 0) && (groups[6] !== 0 || groups[7]! > 1)) return last;
  return starts(0x2002) ? dotted(groups[1]!, groups[2]!) : undefined;
}

/** The eight groups of a valid IPv6 address. */
function groupsOf(address: string): number[] {
  const hex = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a: string, b: string, c: string, d: string) =>
    [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((group) => group.toString(16)).join(':'),
  );
  const [before = '', after] = hex.split('::');
  const parse = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const start = parse(before);
  if (after === undefined) return start;
  const end = parse(after);
  return [...start, ...new Array<number>(8 - start.length - end.length).fill(0), ...end];
}
