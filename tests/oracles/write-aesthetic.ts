// Writes an aesthetic embedding of known values, for aesthetic.py.
import { writeFileSync } from 'node:fs';
import { aestheticFile } from '@danqing/engine/adapters/aesthetic-gradient/aesthetic-vector';

writeFileSync(process.argv[2]!, aestheticFile(new Float32Array(768).map((_, i) => i / 8)));
