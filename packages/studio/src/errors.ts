export { DanqingError, type ErrorCode, type Trouble } from '@danqing/engine/errors';
