/** Version of the engine: pictures carry it, because another version may draw other bits. */
export const VERSION = '0.1.0';

/** The program as pictures name it; A1111 does not take it for an old version of itself. */
export const PROGRAM = `danqing-${VERSION}`;
