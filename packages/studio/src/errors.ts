export type { ErrorCode } from '@danqing/engine/errors';
