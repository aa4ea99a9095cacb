/** Whole sentences and what they are put together from: notes on a job, verdicts, findings. For `{}` and `{*}` see chinese.ts. */
export const sentences: Readonly<Record<string, string>> = {
  // Notes on prompts
  'CLIP skip {} is not possible with a text encoder of {} layers; {} was used.':
    '文本编码器只有 {2} 层，CLIP skip {1} 不可行，改用 {3}。',
  'CLIP skip {} has no effect: models of this family are read at the layer that they were trained with{}.':
    'CLIP skip {} 不起作用：这个家族的模型总是用训练时的那一层{}。',
  ' unless the option {} is on': '，除非打开选项 {}',
  'The weights of a prompt bring the mean of its encoding to zero, so the mean was not restored.':
    '提示词的权重使编码的平均值为零，因此没有恢复平均值。',
  '{} is no number; the group around it has the weight 1.1.': '{} 不是数，外面的括号按权重 1.1 处理。',
  'Brackets nested deeper than {} have no further effect.': '嵌套超过 {} 层的括号不再起作用。',
  '{} is read as {}.': '{} 按 {} 理解。',
  '{} stands in the negative prompt, where it is plain text and loads nothing. Move it to the prompt.':
    '{} 写在反向提示词里，只是普通文字，不会加载任何东西。请移到正向提示词。',
  'AND in a negative prompt is the plain word "and".': '反向提示词里的 AND 只是普通单词 and。',
  'Nothing handles tags of the type "{}", so {} has no effect.{}': '没有功能处理 "{}" 类型的标签，{} 不起作用。{}',
  ' Known here: {}.': '这里认识的有：{}。',
  'No LoRA "{}" was found in {}; "{}" has no effect.': '在 {2} 中没有找到 LoRA“{1}”，{3} 不起作用。',
  '{} is no more than its words here: {*}.': '{} 在这里只是普通文字：{}。',
  'its vectors are {} wide{}; this checkpoint takes {}': '它的向量宽 {}{}；这个大模型需要 {}',
  ', for {}': '，用于 {}',
  '{} is empty': '{} 是空文件',
  '{} is no embedding but: {*}': '{} 不是嵌入，而是：{}',
  '{} holds no vectors for a word': '{} 不含任何词的向量',
  '{} holds several words ({}), and which is meant cannot be told': '{} 含有多个词（{}），无法确定指哪一个',
  'There are several embeddings called "{}"; {} is used, not {}.': '有多个名为“{}”的嵌入；使用 {}，不用 {}。',
  '"{}" is the file of this name, not what {} brings along.': '“{}”用的是同名文件，而不是 {} 自带的。',
  '"{}" was trained on {}; with another checkpoint it may do less.':
    '“{}”是在 {} 上训练的；换用别的大模型，效果可能变弱。',
  'No hypernetwork "{}" was found in {}; "{}" has no effect.': '在 {2} 中没有找到超网络“{1}”，{3} 不起作用。',
  '"{}" is in the prompt as well; its strength there counts.': '“{}”在提示词里也有；以提示词里的强度为准。',
  '{} add-ons are stacked at more than {} each; 0.5 to {} is usual then.':
    '{} 个附加模型的权重都超过 {}；叠加时一般用 0.5 到 {}。',

  // Notes on aesthetic gradients
  'Aesthetic gradients are an old technique and weaker than the others; a LoRA or an embedding does more.':
    '美学梯度是较旧的技术，效果弱于其他方法；LoRA 或嵌入（embedding）更有效。',
  '{} (aesthetic gradient): {} is tuned in {} steps for every text.': '{}（美学梯度）：每段文字用 {3} 步微调 {2}。',

  // Notes on models
  '{} has time steps of its own; the scheduler {} has no effect.': '{} 有自己的时间步，调度器 {} 不起作用。',
  'Little memory is free: drawing in mode {} instead of {}.': '空闲内存不多：改用 {} 模式，而不是 {}。',
  'This model is prepared for this processor the first time, which takes a while and room in {}.':
    '首次使用这个模型，正在为本机处理器做准备；需要一些时间，并占用 {} 的空间。',
  '{}: the model predicts {}, by {}.': '{}：模型预测 {}，依据：{}。',
  '{}: its noise levels end in pure noise, as its file asks for.': '{}：按文件要求，噪声级别以纯噪声结束。',
  'This model edits pictures; without one it draws from the text alone.':
    '这是编辑图片的模型；没有图片时只按文字作画。',

  // How add-ons fit
  '{} ({}; {}): {} of {} keys fit': '{1}（{2}；{3}）：{5} 个键中符合 {4} 个',
  '{} ({}; {}): {} of {} keys fit; {*}': '{1}（{2}；{3}）：{5} 个键中符合 {4} 个；{6}',
  '{} (hypernetwork; {}): {} of {} keys fit, for widths {}; {*}':
    '{1}（超网络；{2}）：{4} 个键中符合 {3} 个，用于宽度 {5}；{6}',
  'nothing here is {} wide': '这里没有宽 {} 的部分',
  'it changes what attention looks at by {} %': '注意力的输入改变 {} %',
  'it was trained on {}, and on other checkpoints may do less or worse': '它在 {} 上训练，用于其他大模型可能变弱或变差',
  'left out {}, such as {}': '略去 {} 个，例如 {}',
  'it changes {}': '改变了{}',
  'the denoiser by {}': '去噪网络 {}',
  'the text encoder by {}': '文本编码器 {}',
  'the denoiser by {}, the text encoder by {}': '去噪网络 {}、文本编码器 {}',
  'the text encoder by {}, the second text encoder by {}': '文本编码器 {}、第二个文本编码器 {}',
  'the denoiser by {}, the text encoder by {}, the second text encoder by {}':
    '去噪网络 {}、文本编码器 {}、第二个文本编码器 {}',
  'trigger words in the prompt: {}': '提示词里的触发词：{}',
  'trigger words not in the prompt: {}': '提示词里缺少的触发词：{}',
  'its author advises {}': '作者建议：{}',
  'it brings embeddings: {}': '内含嵌入：{}',
  'its magnitudes are one for each output; as in A1111 they are applied to norms of columns':
    '其幅值每个输出一个；与 A1111 一样按列范数使用',
  'it is made for few steps ({}): {} steps, {}, CFG {}': '它为少步数而作（{}）：{} 步，{}，CFG {}',
  '{} does not fit {}, which finishes the picture without it.': '{} 不适合 {}，后者完成画面时不用它。',

  // Which VAE, and why
  'asked for': '按要求',
  'inside the checkpoint': '大模型自带',
  'asked for the one inside the checkpoint': '要求用大模型自带的',
  'chosen in the settings': '在设置中选定',
  'the settings turn other VAEs off': '设置关闭了其他 VAE',
  'noted for this checkpoint': '这个大模型的备注指定',
  'the note for this checkpoint turns other VAEs off': '这个大模型的备注关闭了其他 VAE',
  'found near the checkpoint{}': '在大模型旁找到{}',
  ': its name begins with {}': '，名称以 {} 开头',
  'the checkpoint holds none; the tiny one that comes with the program stands in':
    '大模型不带 VAE，用程序自带的小型 VAE 代替',
  'There is no VAE named {}.': '没有名为 {} 的 VAE。',

  // Verdicts
  'Same bits.': '逐位相同。',
  'Looks the same (PSNR {} dB){*}.': '看上去相同（PSNR {} dB）{}。',
  'Differs (PSNR {} dB){*}.': '不相同（PSNR {} dB）{}。',
  'Differs{*}.': '不相同{}。',
  ', because of: {*}': '，原因：{}',
  '; nothing that is recorded explains it': '；记录的内容不能解释原因',
  '{} ({}, now {})': '{}（原为 {}，现为 {}）',
  'the one inside the checkpoint': '大模型自带的',
  'left out': '略去',
  'add-ons': '附加模型',
  engine: '程序版本',
  runtime: '运行库',
  provider: '计算设备',
  mode: '模式',
  size: '尺寸',
  settings: '设置',
  'noise source': '噪声来源',
  prompt: '提示词',
  'negative prompt': '反向提示词',
  'CFG scale': 'CFG',
  variation: '变异',
  'ignored tags': '未处理的标签',
  'not recorded': '没有记录',

  // Receipts
  Checkpoint: '大模型',
  Prompt: '提示词',
  'Negative prompt': '反向提示词',
  'Ignored tags': '未处理的标签',
  Sampler: '采样器',
  Noise: '噪声',
  Engine: '程序版本',
  Runtime: '运行库',
  Note: '说明',
  Options: '选项',
  '{} token in {} chunk': '{} 个词元，{} 段',
  '{} tokens in {} chunk': '{} 个词元，{} 段',
  '{} tokens in {} chunks': '{} 个词元，{} 段',
  '{}, {}, {} noise levels': '{}，{}，{} 个噪声级别',
  '{}, weight {}, {} of {} keys applied': '{1}，权重 {2}，{4} 个键中用上 {3} 个',
  '{}, vectors: {}, called in the {*}': '{}，向量数 {}，用于{}',
  'prompt and the negative prompt': '提示词和反向提示词',
  'built-in': '自带',
  Pixels: '像素',
  Latent: '潜变量',

  // Findings of the doctor
  '{} is supported.': '支持 {}。',
  'There is no ONNX Runtime for {}.': '没有适用于 {} 的 ONNX Runtime。',
  'Install Node {} or newer from nodejs.org.': '请从 nodejs.org 安装 Node {} 或更新版本。',
  'Use one of {}.': '请改用 {} 之一。',
  'Without AVX2 drawing is several times slower; nothing can be done.': '没有 AVX2，作画会慢好几倍；没有办法解决。',
  '{} of {} of memory are free.': '内存 {2}，空闲 {1}。',
  'SD 1.5 is drawn in a mode that saves memory; with {} free it would be faster.':
    'SD 1.5 将以省内存的模式作画；空闲 {} 时会更快。',
  'Small models work. For SD 1.5 at 512×512 close other programs until {} are free.':
    '小模型可以用。要用 SD 1.5 画 512×512，请关闭其他程序，直到空闲 {}。',
  '{}: works.': '{}：可用。',
  '{}: {}.': '{}：{}。',
  'Processor (ONNX Runtime)': '处理器（ONNX Runtime）',
  'NVIDIA card (ONNX Runtime, CUDA)': 'NVIDIA 显卡（ONNX Runtime，CUDA）',
  'Graphics card (ONNX Runtime, WebGPU)': '显卡（ONNX Runtime，WebGPU）',
  '{} GFLOP/s in matrix products; a drawing block reaches {} % of that. A picture of SD 1.5 at 512×512 in {} steps takes about {}.':
    '矩阵乘法 {} GFLOP/s，作画网络达到其 {} %。用 SD 1.5 画一张 512×512、{} 步的图约需 {}。',
  '{} seconds': '{} 秒',
  '{} minutes': '{} 分钟',
  '{}: {} tensors.': '{}：{} 个张量。',
  'Install the program again; this file comes with it.': '请重新安装程序，这个文件是它自带的。',
  '{}: writable, {} free.': '{}：可写，剩余 {}。',
  '{} cannot be written: {}.': '{} 不能写入：{}。',
  'Make room: a model takes 2 to 7 GB.': '请腾出空间：一个大模型有 2 到 7 GB。',
  'Make it writable, or set {} to another folder.': '请使它可写，或把 {} 设为别的文件夹。',
  'The self-test broke down: {*}': '自检中断：{}',
  'it took too long': '用时过长',

  // The command line's own errors
  "unknown option '{}'{}": '没有“{}”这个选项{}',
  "unknown command '{}'{}": '没有“{}”这个命令{}',
  ' (Did you mean {}?)': '（是不是 {}？）',
  ' (Did you mean one of {}?)': '（是不是 {} 之一？）',
  "missing required argument '{}'": '缺少参数“{}”',
  "option '{}' argument missing": '选项“{}”缺少参数',
  "command-argument value '{}' is invalid for argument '{}'. {}": '参数“{2}”的值“{1}”无效。{3}',
  "option '{}' argument '{}' is invalid. {}": '选项“{}”的参数“{}”无效。{}',
  'Allowed choices are {}.': '可以是 {}。',
};
