import { type LookupAddress, type LookupOptions, lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { DanqingError } from '@danqing/engine/errors';
import { isPrivateAddress, isPrivateName } from './private-address.ts';

/**
 * Looks a name up and answers public addresses only. The connection is made to what this returns, so that a name whose
 * answer changes between look and use (DNS rebinding) gains nothing.
 */
export const lookupPublic: LookupFunction = (hostname, options: LookupOptions, callback) => {
  lookup(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
    if (error !== null) return callback(error, []);
    const addresses = found.filter(({ address }) => !isPrivateAddress(address));
    const first = addresses[0];
    if (first === undefined) return callback(privateTrouble(hostname), []);
    if (options.all === true) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
};

/**
 * Refuses hosts that are written as private addresses, or whose names can only be private; needs no name server.
 * @throws denied.
 */
export function refusePrivateHost(url: URL): void {
  const host = url.hostname;
  if (isPrivateAddress(host) || isPrivateName(host)) throw privateTrouble(host);
}

const privateTrouble = (host: string): DanqingError =>
  new DanqingError('denied', {
    where: `the host ${host}`,
    expected: 'a public address',
    found: 'an address of this machine or its local network',
    advice: 'If you trust the link, allow private addresses (--allow-private).',
  });
