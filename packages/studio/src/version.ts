export { VERSION } from '@danqing/engine/version';
