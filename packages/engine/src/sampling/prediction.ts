/** What a model was trained to predict, and how its result is read. */
export interface Prediction {
  readonly name: string;
  /**
   * The picture in a latent, from the model's result on it.
   * @param x latent + σ · noise, as samplers over noise levels hold it (the model saw it divided by √(σ²+1)).
   */
  denoised(x: Float32Array, result: Float32Array, sigma: number): Float32Array;
  /**
   * The noise in a latent, from the model's result on it.
   * @param x √ᾱ · latent + √(1-ᾱ) · noise, as samplers over time steps hold it and the model saw it.
   */
  eps(x: Float32Array, result: Float32Array, alpha: number): Float32Array;
}
