import { places } from './places.ts';

const within = (paths: readonly string[]): readonly string[] => paths.filter((path) => path !== '');

/** Paths of the denoiser inside a checkpoint. */
export const denoiserInside = within(places.denoiser);

/** Paths of the VAE inside a checkpoint. */
export const klInside = within(places.kl);
