/** What is said of aesthetic gradients in English. */
export const aestheticEn = {
  aesthetic: {
    embedding: 'tune the text encoder towards this aesthetic embedding (.pt, path or name); SD 1.x only',
    weight: 'how much of the tuned encoding there is in the prompt, 0 to 1 (0.9)',
    steps: 'how many steps the text encoder is tuned (5)',
    rate: 'learning rate of the tuning (0.0001)',
    slerp: 'mix tuned and plain encoding along an arc',
    text: 'turn the embedding towards this text before',
    textNegative: 'turn it away from the text',
    angle: 'how far it is turned, -1 to 1 (0.1)',
    clip: 'file with CLIP-L and its text_projection; without it one is looked for in models/text_encoders',
  },
  aestheticEmbedding: {
    summary: 'make an aesthetic embedding of pictures (old, and weaker than a LoRA or an embedding)',
    pictures: 'pictures, or folders of them',
    out: 'file to write, such as mood.pt; put it into models/aesthetic_embeddings to use it by name',
    clip: 'file with the picture encoder of CLIP ViT-L/14; without it one is looked for in models/clip_vision',
    progress: (done: number, all: number) => `picture ${done + 1} of ${all}`,
    made: (path: string, pictures: number) => `${path} (of ${pictures} pictures)`,
    example: 'danqing aesthetic-embedding pictures/ -o mood.pt',
  },
};

/** And in Chinese. */
export const aestheticZh: typeof aestheticEn = {
  aesthetic: {
    embedding: '把文本编码器朝这个美学向量微调（.pt，路径或名称）；仅限 SD 1.x',
    weight: '微调后的编码在提示词中占多少，0 到 1（0.9）',
    steps: '文本编码器微调的步数（5）',
    rate: '微调的学习率（0.0001）',
    slerp: '沿圆弧（球面插值）混合微调前后的编码',
    text: '先把美学向量转向这段文字',
    textNegative: '改为转离这段文字',
    angle: '转多少，-1 到 1（0.1）',
    clip: '含 CLIP-L 及其 text_projection 的文件；不指定时在 models/text_encoders 中查找',
  },
  aestheticEmbedding: {
    summary: '由图片制作美学向量（较旧的技术，效果弱于 LoRA 和嵌入）',
    pictures: '图片，或装图片的文件夹',
    out: '要写的文件，如 mood.pt；放进 models/aesthetic_embeddings 即可按名称使用',
    clip: '含 CLIP ViT-L/14 图像编码器的文件；不指定时在 models/clip_vision 中查找',
    progress: (done, all) => `第 ${done + 1} 张，共 ${all} 张`,
    made: (path, pictures) => `${path}（由 ${pictures} 张图制成）`,
    example: 'danqing aesthetic-embedding 图片文件夹/ -o mood.pt',
  },
};
