import type { CivitaiVersion } from '@danqing/contract/civitai';
import type { HttpClient } from '@danqing/node/network/http-client';
import type { CivitaiClient } from './civitai/civitai-client.ts';
import type { Endpoints, SiteId } from './sites.ts';

/** A file that can be fetched, with what is announced of it. */
export interface RemoteFile {
  /** Addresses of it; a later one is asked when there is nothing at those before. */
  readonly urls: readonly [URL, ...URL[]];
  readonly name?: string;
  /** To the byte. */
  readonly sizeBytes?: number;
  /** 64 hex digits in small letters. */
  readonly sha256?: string;
  /** Kind of model that the site says it is; what counts is what arrives. */
  readonly kind?: string;
  /** Path in the folder of the offer. */
  readonly path?: string;
}

/** What is behind a link. */
export interface Offer {
  readonly site?: SiteId;
  /** What it is called there. */
  readonly title?: string;
  /** Where people read about it. */
  readonly page?: URL;
  readonly files: readonly RemoteFile[];
  /** Name of the folder that the files make together; absent when each stands by itself. */
  readonly folder?: string;
  readonly civitai?: CivitaiVersion;
  readonly notes: readonly string[];
}

/** One of several things that a link can mean. */
export interface Choice {
  readonly name: string;
  readonly sizeBytes?: number | undefined;
  /** What to type to mean just this. */
  readonly link: string;
}

/** Lets a person choose among several things, and says why there is a choice. Answers the places in the list. */
export type Choose = (choices: readonly Choice[], why?: string) => Promise<readonly number[]>;

/** What links are looked up with. */
export interface LookUp {
  readonly http: HttpClient;
  readonly civitai: CivitaiClient;
  readonly endpoints: Endpoints;
  /** Lets a person choose among several files; absent when nobody can be asked. */
  readonly choose?: Choose | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A link that is understood, not yet looked up. */
export interface Link {
  /** The same for all ways to write it, and without anything secret. */
  readonly canonical: string;
  /** A token that was written into the link, and the origin it was written for. */
  readonly token?: { readonly origin: string; readonly value: string };
  /** Finds out what is behind it. @throws HttpTrouble; missing, denied or unsupported with what to do instead. */
  lookUp(lookUp: LookUp): Promise<Offer>;
}

/** A place that links can lead to: one file in `sources/`. */
export interface Source {
  /** For people. */
  readonly title: string;
  /** Links and names that it understands, for help texts. */
  readonly examples: readonly string[];
  /**
   * Understands a link; undefined when it is of another source.
   * @throws bad-value when it is of this source, but of no model.
   */
  read(text: string, endpoints: Endpoints): Link | undefined;
}
