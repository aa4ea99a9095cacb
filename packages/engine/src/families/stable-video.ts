import type { KnownFamily } from '../family.ts';

/** Stable Video Diffusion: a picture into moving pictures (arXiv:2311.15127). */
export const stableVideo: KnownFamily = {
  id: 'stable-video',
  title: 'Stable Video Diffusion',
  layouts: [
    {
      id: 'checkpoint',
      evidence: [
        {
          has: 'model.diffusion_model.input_blocks.*',
          says: { en: 'a UNet with numbered blocks', zh: '有编号块的 UNet' },
        },
        {
          has: 'model.diffusion_model.input_blocks.1.0.time_stack.*',
          says: { en: 'layers that mix frames of a video', zh: '混合视频帧的层' },
        },
      ],
    },
    {
      id: 'bare',
      evidence: [
        { has: 'input_blocks.*', says: { en: 'a UNet with numbered blocks', zh: '有编号块的 UNet' } },
        {
          has: 'input_blocks.1.0.time_stack.*',
          says: { en: 'layers that mix frames of a video', zh: '混合视频帧的层' },
        },
      ],
    },
    {
      id: 'diffusers',
      evidence: [
        {
          has: 'down_blocks.*.resnets.*.spatial_res_block.*',
          says: { en: 'residual blocks within a picture', zh: '图像内的残差块' },
        },
        {
          has: 'down_blocks.*.resnets.*.temporal_res_block.*',
          says: { en: 'layers that mix frames of a video', zh: '混合视频帧的层' },
        },
      ],
    },
  ],
  needs: ['denoiser', 'image-encoder', 'vae'],
  nativeSize: 576,
  prediction: 'v',
  claims: ['stable-video-diffusion', 'svd'],
};
