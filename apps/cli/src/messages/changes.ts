import type { ChangeProgress } from '@danqing/contract/file-changes';
import type { Words } from '@danqing/studio/library/notice';

type Phase = ChangeProgress['phase'];
type PartName = 'unet' | 'textEncoder' | 'vae' | 'other';

/** What the commands that change files say in English. */
export const changesEn = {
  changes: {
    inWords: ({ en }: Words) => en,
    out: 'file to write, or the folder for it; without it beside the first model, by a name that says what was done',
    format: 'safetensors or torch (.ckpt); without it the ending of --out decides, else safetensors',
    overwrite: 'replace a file of that name, also the model itself',
    bakeVae: 'put this VAE in the place of the one inside',
    phases: { hash: 'hashing', approximate: 'working out layers', write: 'writing' } satisfies Record<Phase, string>,
    progress: (what: string, done: string, total: string, left: string | undefined) =>
      `${what}: ${done} of ${total}${left === undefined ? '' : `, ${left} left`}`,
    written: (path: string, size: string, duration: string) => `${path} (${size}, ${duration})`,
    note: (text: string) => `Note: ${text}`,
    parts: { unet: 'UNet', textEncoder: 'text encoder', vae: 'VAE', other: 'other' } satisfies Record<PartName, string>,
    saturated: (part: string, count: number) =>
      `${part}: values too large for their new type, which are its largest now: ${count}`,
    unsound: (part: string, nan: number, infinite: number) =>
      `${part}: values that are no numbers: ${nan}, infinite: ${infinite}; no picture comes out of them`,
    badPair: 'Expected key=value.',
  },
  convert: {
    summary: 'write a model anew: as another kind of file, in half precision, pruned, with another VAE',
    file: 'model files of any kind, or diffusers folders; data that is not converted stays as it is, bit for bit',
    precision: 'store the weights as fp32, fp16, bf16, fp8_e4m3, fp8_e5m2 or fp64',
    unet: 'what to do with the UNet: copy, convert or delete',
    textEncoder: 'the same for the text encoder',
    vae: 'the same for the VAE',
    other: 'the same for all else',
    prune: 'of a training checkpoint keep the trained weights (no-ema) or their moving averages (ema-only)',
    fixPositionIds: "make CLIP's position numbers whole again",
    dropJunk: 'leave out what drawing does not need: losses, optimizers, strayed parts of other models',
    set: 'write a metadata entry: key=value; can be repeated',
    remove: 'remove a metadata entry; can be repeated',
    oneOutput: 'Expected one model, or a folder for --out.',
    example: 'danqing convert model.ckpt --precision fp16 --prune no-ema -o model-fp16.safetensors',
  },
  merge: {
    summary: 'merge checkpoints into a new one, put LoRAs into one, or make one LoRA of several',
    models:
      'A, B and C as A1111 calls them: (1 - M) A + M B of two, A + M (B - C) of three, one to bake or to halve; or LoRAs alone, which become one: side by side and exactly, or of a --rank',
    mode: 'weighted-sum, add-difference, sum (with --weights) or none; without it the number of models decides',
    multiplier: 'M',
    weights: 'weights of any number of models, such as 0.5,0.3,0.2',
    blocks: 'multipliers of the UNet blocks: 25 numbers (19 for SDXL) with commas, or one more in front for all else',
    half: 'store what is float32 afterwards as fp16',
    discard: 'leave out tensors whose names fit this regular expression',
    lora: 'put a LoRA or one of its kin into the one model: a name or file, its weight, the text encoder’s; can be repeated',
    badNumbers: 'Expected numbers with commas.',
    example:
      'danqing merge base.safetensors style.safetensors -M 0.4 --half\n  danqing merge base.safetensors --lora style:0.8 --lora person:0.6:0.4 -o mine.safetensors',
  },
  fit: {
    summary: 'tell how LoRAs and their kin fit a checkpoint: keys, effect, trigger words, advice; nothing is drawn',
    addOns: 'names or files of LoRAs and their kin',
    prompt: 'prompt in which their trigger words are looked for',
    example: 'danqing fit style.safetensors --model base.safetensors --prompt "ink fox"',
  },
  ranks: {
    rank: 'rank of the layers; with a quality the most there may be',
    convRank: 'rank of convolutions',
    svRatio: 'keep singular values above the largest divided by this',
    svFro: 'keep as many ranks as hold this share of the norm, such as 0.95',
    svCumulative: 'keep as many ranks as hold this share of the sum of singular values',
    precision: 'how numbers are stored; fp16 where nothing is said',
    base: 'the checkpoint that LoRAs are for: needed of DoRA, GLoRA, IA³, OFT, BOFT and layers without names',
    oneQuality: 'Choose one of --sv-ratio, --sv-fro and --sv-cumulative.',
  },
  extract: {
    summary: 'take a LoRA out of the difference of two checkpoints',
    tuned: 'the checkpoint that a LoRA is to be taken from',
    base: 'the checkpoint that it was made from; on it the LoRA gives the first again. Rank 64 where nothing is said, convolutions with --conv-rank alone',
    noTextEncoder: 'leave the text encoder out',
    example: 'danqing extract tuned.safetensors base.safetensors --rank 64 --conv-rank 32 -o tuned-lora.safetensors',
  },
  resize: {
    summary: 'write a LoRA with fewer ranks, also of LoHa, LoKr and all their kin',
    file: 'a LoRA or one of its kin; convolutions keep to --rank too, unless --conv-rank says otherwise',
    example:
      'danqing resize style.safetensors --rank 16\n  danqing resize loha.safetensors --rank 64 --sv-fro 0.95\n  danqing resize dora.safetensors --rank 32 --base model.safetensors',
  },
  metadata: {
    summary: 'show the text metadata of a safetensors file, or change it',
    file: 'a safetensors file',
    set: 'write an entry: key=value; can be repeated',
    remove: 'remove an entry; can be repeated',
    clear: 'remove all entries that are there before',
    out: 'write a changed copy; without it the file itself is changed',
    none: 'There is no metadata.',
    example: 'danqing metadata model.safetensors --set modelspec.author=Li --remove ss_dataset_dirs',
  },
};

/** And in Chinese. */
export const changesZh: typeof changesEn = {
  changes: {
    inWords: ({ zh }) => zh,
    out: '要写的文件，或放它的文件夹；不写则放在第一个模型旁边，名称说明做了什么',
    format: 'safetensors 或 torch（.ckpt）；不写则由 --out 的扩展名决定，否则为 safetensors',
    overwrite: '替换同名文件，包括模型自身',
    bakeVae: '用这个 VAE 换掉里面的',
    phases: { hash: '计算哈希', approximate: '计算各层', write: '写入' },
    progress: (what, done, total, left) => `${what}：${done} / ${total}${left === undefined ? '' : `，还需 ${left}`}`,
    written: (path, size, duration) => `${path}（${size}，${duration}）`,
    note: (text) => `注意：${text}`,
    parts: { unet: 'UNet', textEncoder: '文本编码器', vae: 'VAE', other: '其他' },
    saturated: (part, count) => `${part}：超出新类型范围、已改为最大值的数值：${count} 个`,
    unsound: (part, nan, infinite) => `${part}：非数值 ${nan} 个，无穷大 ${infinite} 个；这样的模型画不出图`,
    badPair: '应为 键=值。',
  },
  convert: {
    summary: '重写模型：换文件格式、转半精度、精简、换 VAE',
    file: '任何格式的模型文件，或 diffusers 文件夹；不转换的数据逐位不变',
    precision: '权重存为 fp32、fp16、bf16、fp8_e4m3、fp8_e5m2 或 fp64',
    unet: 'UNet 怎么处理：copy 原样、convert 转换、delete 去掉',
    textEncoder: '文本编码器怎么处理',
    vae: 'VAE 怎么处理',
    other: '其余怎么处理',
    prune: '训练检查点只留训练权重（no-ema）或其滑动平均（ema-only）',
    fixPositionIds: '把 CLIP 的位置编号改回整数',
    dropJunk: '去掉绘图用不到的：损失、优化器、混入的其他模型部件',
    set: '写一条元数据：键=值；可重复',
    remove: '删除一条元数据；可重复',
    oneOutput: '应只有一个模型，或 --out 为文件夹。',
    example: 'danqing convert model.ckpt --precision fp16 --prune no-ema -o model-fp16.safetensors',
  },
  merge: {
    summary: '把几个大模型融合成一个新的，把 LoRA 并入大模型，或把几个 LoRA 合成一个',
    models:
      '即 A1111 的 A、B、C：两个为 (1 - M) A + M B，三个为 A + M (B - C)，一个用来烘焙 VAE 或转半精度；也可以全是 LoRA，合成一个：不写 --rank 则秩相加、结果精确',
    mode: 'weighted-sum、add-difference、sum（配 --weights）或 none；不写则由模型个数决定',
    multiplier: 'M',
    weights: '任意多个模型的权重，如 0.5,0.3,0.2',
    blocks: 'UNet 各层的 M：25 个数（SDXL 为 19 个），逗号隔开；前面可再加一个用于其余部分',
    half: '结果中的 float32 存为 fp16',
    discard: '去掉名称符合此正则表达式的张量',
    lora: '把 LoRA 一类的文件并入唯一的模型：名称或文件、权重、文本编码器权重；可重复',
    badNumbers: '应为逗号隔开的数。',
    example:
      'danqing merge base.safetensors style.safetensors -M 0.4 --half\n  danqing merge base.safetensors --lora style:0.8 --lora person:0.6:0.4 -o mine.safetensors',
  },
  fit: {
    summary: '说明 LoRA 一类的文件是否适合某个大模型：键、改变幅度、触发词、建议；不绘图',
    addOns: 'LoRA 一类文件的名称或路径',
    prompt: '在此提示词中查找触发词',
    example: 'danqing fit style.safetensors --model base.safetensors --prompt "水墨狐狸"',
  },
  ranks: {
    rank: '各层的秩；指定质量时为上限',
    convRank: '卷积层的秩',
    svRatio: '保留大于“最大奇异值除以此数”的奇异值',
    svFro: '保留的秩占范数的比例，如 0.95',
    svCumulative: '保留的秩占奇异值之和的比例',
    precision: '数值的存储类型；不写则为 fp16',
    base: 'LoRA 所用的底模：DoRA、GLoRA、IA³、OFT、BOFT 和没有层名的文件需要它',
    oneQuality: '--sv-ratio、--sv-fro、--sv-cumulative 只能选一个。',
  },
  extract: {
    summary: '从两个大模型的差中提取 LoRA',
    tuned: '要从中提取的大模型',
    base: '它的底模；LoRA 用在底模上即近似于前者。不写秩则为 64；只有指定 --conv-rank 才提取卷积层',
    noTextEncoder: '不提取文本编码器',
    example: 'danqing extract tuned.safetensors base.safetensors --rank 64 --conv-rank 32 -o tuned-lora.safetensors',
  },
  resize: {
    summary: '缩小 LoRA 的秩；也能把 LoHa、LoKr 等变成 LoRA',
    file: 'LoRA 一类的文件；卷积层也用 --rank，除非指定 --conv-rank',
    example:
      'danqing resize style.safetensors --rank 16\n  danqing resize loha.safetensors --rank 64 --sv-fro 0.95\n  danqing resize dora.safetensors --rank 32 --base model.safetensors',
  },
  metadata: {
    summary: '显示或修改 safetensors 文件的元数据',
    file: 'safetensors 文件',
    set: '写一条：键=值；可重复',
    remove: '删除一条；可重复',
    clear: '先删除原有的全部',
    out: '写到另一个文件；不写则改文件自身',
    none: '没有元数据。',
    example: 'danqing metadata model.safetensors --set modelspec.author=李 --remove ss_dataset_dirs',
  },
};
