// Fetches a file until it is done or killed: `node transfer-file.test-child.ts URL PART`.
import { HttpClient } from '../http-client.ts';
import { transferFile } from './transfer-file.ts';

const [url, partPath] = process.argv.slice(2);
const client = new HttpClient({ userAgent: 'test/1', mayBePrivate: () => true });
await transferFile(client, { url: new URL(url!), partPath: partPath!, segmentBytes: 256 * 1024, connections: 3 });
client.close();
