import type { Signature } from '../signature.ts';

/** An IP-Adapter for Flux.1 (XLabs, InstantX). */
export const ipAdapterFlux: Signature = {
  id: 'ip-adapter-flux',
  kind: 'ip-adapter',
  title: { en: 'IP-Adapter', zh: 'IP-Adapter' },
  evidence: [
    {
      anyOf: [
        { has: 'double_blocks.*.processor.ip_adapter_double_stream_*' },
        { has: 'ip_adapter.*.to_k_ip.bias_flux' },
        { has: 'single_blocks.*.processor.ip_adapter_*' },
      ],
      says: { en: 'keys and values for picture tokens', zh: '图像标记的键与值' },
    },
    { lacks: 'ip_adapter.*', says: { en: 'none for a UNet', zh: '没有 UNet 的' } },
  ],
  fits: [{ families: ['flux1'] }],
};
