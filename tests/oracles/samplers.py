"""Records k-diffusion's and others' samplers on a cheap denoiser: tests/fixtures/samplers.json.

Run: python tests/oracles/samplers.py PATH_OF_A_CHECKOUT_OF_WL_ZHAO_UNIPC

The denoiser is D = 0.8 tanh(x / (1 + sigma^2)) + 0.1 cos x, or the noise e = 0.9 tanh x + 0.1 cos(x t / 1000) for
samplers over time steps. Everything is float32. The batch is two latents [4, 8, 8] whose noise is that of CUDA for the
seeds 1000 and 1001, draw by draw; Brownian paths use torch's CPU noise for the same seeds.

From the originals: k-diffusion 0.1.1 (sampling.py is the same as at commit ab527a9a), wl-zhao/UniPC, diffusers' DDIM, PNDM
(PLMS) and LCM schedulers. Restart, DDIM CFG++ and the schedules that k-diffusion lacks are written here.

Torch's float32 exp, log, sqrt and pow are off by one bit now and then, where and how often depends on the processor, and a
Brownian path asked a millionth beside its noise level answers differently. So they are rounded correctly here.
"""

import base64
import importlib.util
import json
import math
import pathlib
import sys
import types
import warnings
from importlib.metadata import version

import numpy as np
import scipy.stats
import torch
from diffusers import DDIMScheduler, LCMScheduler, PNDMScheduler

warnings.filterwarnings("ignore")
ROOT = pathlib.Path(__file__).parents[1]
SEEDS = [1000, 1001]
SHAPE = (4, 8, 8)


def k_diffusion(name):
    """A module of k-diffusion without its package, which asks for models to measure pictures with."""
    package = sys.modules.setdefault("k_diffusion", types.ModuleType("k_diffusion"))
    package.__path__ = [str(pathlib.Path(importlib.util.find_spec("torchsde").origin).parents[1] / "k_diffusion")]
    return importlib.import_module(f"k_diffusion.{name}")


def round_correctly(name):
    original = getattr(torch.Tensor, name)

    def function(x, *args):
        if x.dtype != torch.float32:
            return original(x, *args)
        return original(x.double(), *args).float()

    setattr(torch.Tensor, name, function)


for name in ("exp", "log", "sqrt", "__pow__"):
    round_correctly(name)
torch.exp = torch.Tensor.exp

kd = k_diffusion("sampling")
external = k_diffusion("external")
kd.trange = lambda n, disable=None: range(n)


# Noise of CUDA: Philox 4x32-10 and Box-Muller.


def philox(seed, draw, count):
    counter = [np.full(count, c, dtype=np.uint64) for c in (draw, 0, 0, 0)]
    counter[2] = np.arange(count, dtype=np.uint64)
    key = [np.uint64(seed & 0xFFFFFFFF), np.uint64(seed >> 32)]
    low = np.uint64(0xFFFFFFFF)
    for _ in range(10):
        p0, p1 = np.uint64(0xD2511F53) * counter[0], np.uint64(0xCD9E8D57) * counter[2]
        counter = [
            (p1 >> np.uint64(32)) ^ counter[1] ^ key[0],
            p1 & low,
            (p0 >> np.uint64(32)) ^ counter[3] ^ key[1],
            p0 & low,
        ]
        key = [(key[0] + np.uint64(0x9E3779B9)) & low, (key[1] + np.uint64(0xBB67AE85)) & low]
    return counter


def cuda_normal(seed, draw):
    g = philox(seed, draw, math.prod(SHAPE))
    u = g[0] * 2.0**-32 + 2.0**-33
    angle = np.float64(np.float32(2.3283064e-10 * 6.2831855))
    v = g[1] * angle + angle / 2
    return torch.from_numpy((np.sqrt(-2 * np.log(u)) * np.sin(v)).astype(np.float32)).reshape(SHAPE)


class Noise:
    """The draws of a batch, one after another."""

    def __init__(self):
        self.draws = 0

    def __call__(self, *_):
        self.draws += 1
        return torch.stack([cuda_normal(seed, self.draws - 1) for seed in SEEDS])


# Noise levels.

betas = torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64) ** 2
alphas_cumprod = torch.cumprod(1 - betas, 0).float()
table = external.DiscreteSchedule(((1 - alphas_cumprod) / alphas_cumprod) ** 0.5, quantize=False)
LOW, HIGH = table.sigmas[0].item(), table.sigmas[-1].item()
AYS = [14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.029]


def with_zero(levels):
    return torch.tensor([float(level) for level in levels] + [0.0])


def times(n):
    return torch.linspace(table.sigma_to_t(torch.tensor(HIGH)).item(), table.sigma_to_t(torch.tensor(LOW)).item(), n)


def kl_optimal(n):
    i = torch.arange(n + 1)
    low, high = torch.arctan(torch.tensor(LOW)), torch.arctan(torch.tensor(HIGH))
    return torch.tan(i / n * low + (1.0 - i / n) * high)


def align_your_steps(n):
    if n == len(AYS):
        return with_zero(AYS)
    logs = np.interp(np.linspace(0, 1, n), np.linspace(0, 1, len(AYS)), np.log(AYS[::-1]))
    return with_zero(np.exp(logs)[::-1])


def ddim_levels(n):
    stride = max(1000 // n, 1)
    return with_zero(table.sigmas[1::stride].flip(0))


def beta_levels(n):
    shares = scipy.stats.beta.ppf(1 - np.linspace(0, 1, n), 0.6, 0.6)
    return with_zero(LOW + shares * (HIGH - LOW))


SCHEDULES = {
    "uniform": lambda n: table.get_sigmas(n),
    "karras": lambda n: kd.get_sigmas_karras(n, LOW, HIGH),
    "exponential": lambda n: kd.get_sigmas_exponential(n, LOW, HIGH),
    "polyexponential": lambda n: kd.get_sigmas_polyexponential(n, LOW, HIGH),
    "sgmUniform": lambda n: with_zero(table.t_to_sigma(t) for t in times(n + 1)[:-1]),
    "normal": lambda n: with_zero(table.t_to_sigma(t) for t in times(n)),
    "klOptimal": kl_optimal,
    "alignYourSteps": align_your_steps,
    "simple": lambda n: with_zero(table.sigmas[-(1 + int(x * 1000 / n))] for x in range(n)),
    "ddim": ddim_levels,
    "beta": beta_levels,
}


# Samplers over noise levels.


def denoise(x, sigma):
    s = sigma[:, None, None, None]
    return 0.8 * torch.tanh(x / (1 + s**2)) + 0.1 * torch.cos(x)


def restart(model, x, sigmas):
    """Xu et al. 2023, with the settings of A1111."""

    def heun(x, a, b):
        ones = x.new_ones([x.shape[0]])
        d = (x - model(x, a * ones)) / a
        ahead = x + d * (b - a)
        if b == 0:
            return ahead
        return x + (d + (ahead - model(ahead, b * ones)) / b) / 2 * (b - a)

    n = len(sigmas) - 1
    up = None
    if n >= 20:
        count, length = (2, n // 4) if n >= 36 else (1, 9)
        sigmas = kd.get_sigmas_karras(n - count * length, sigmas[-2].item(), sigmas[0].item())
        low, high = (sigmas - 0.1).abs().argmin().item(), (sigmas - 2).abs().argmin().item()
        if high < low:
            up = kd.get_sigmas_karras(length + 1, sigmas[low].item(), sigmas[high].item())[:-1]
    for i in range(len(sigmas) - 1):
        x = heun(x, sigmas[i], sigmas[i + 1])
        if up is not None and i + 1 == low:
            for _ in range(count):
                x = x + torch.randn_like(x) * (sigmas[high] ** 2 - sigmas[low] ** 2) ** 0.5
                for a, b in zip(up[:-1], up[1:]):
                    x = heun(x, a, b)
    return x


def brownian(x, sigmas):
    return kd.BrownianTreeNoiseSampler(x, sigmas[sigmas > 0].min(), sigmas.max(), seed=SEEDS)


def k_sampler(function, discards=False, sde=False, **settings):
    def run(schedule, n):
        sigmas = SCHEDULES[schedule](n + 1 if discards else n)
        if discards:
            sigmas = torch.cat([sigmas[:-2], sigmas[-1:]])
        noise = Noise()
        x = noise() * sigmas[0]
        torch.randn_like = noise
        extra = {"noise_sampler": brownian(x, sigmas)} if sde else {}
        return function(denoise, x, sigmas, **extra, **settings)

    return run


def spanning(function, takes_steps):
    def run(schedule, n):
        noise = Noise()
        x = noise() * SCHEDULES[schedule](n)[0]
        torch.randn_like = noise
        return function(denoise, x, LOW, HIGH, *([n] if takes_steps else []), eta=1.0)

    return run


SAMPLERS = {
    "euler": k_sampler(kd.sample_euler),
    "euler churn 5": k_sampler(kd.sample_euler, s_churn=5),
    "eulerAncestral": k_sampler(kd.sample_euler_ancestral),
    "heun": k_sampler(kd.sample_heun),
    "heun churn 5": k_sampler(kd.sample_heun, s_churn=5),
    "dpm2": k_sampler(kd.sample_dpm_2, discards=True),
    "dpm2Ancestral": k_sampler(kd.sample_dpm_2_ancestral, discards=True),
    "lms": k_sampler(kd.sample_lms),
    "dpmpp2sAncestral": k_sampler(kd.sample_dpmpp_2s_ancestral),
    "dpmppSde": k_sampler(kd.sample_dpmpp_sde, sde=True),
    "dpmpp2m": k_sampler(kd.sample_dpmpp_2m),
    "dpmpp2mSde": k_sampler(kd.sample_dpmpp_2m_sde, sde=True),
    "dpmpp2mSdeHeun": k_sampler(kd.sample_dpmpp_2m_sde, sde=True, solver_type="heun"),
    "dpmpp3mSde": k_sampler(kd.sample_dpmpp_3m_sde, discards=True, sde=True),
    "dpmFast": spanning(kd.sample_dpm_fast, True),
    "dpmAdaptive": spanning(kd.sample_dpm_adaptive, False),
    "restart": k_sampler(restart),
}


# Samplers over time steps.


def eps(x, t):
    return 0.9 * torch.tanh(x) + 0.1 * torch.cos(x * t / 1000)


def timesteps(n):
    return list(range(1, 1000, 1000 // n))


SD = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012, "steps_offset": 1}


def ddim(n, eta=0.0):
    """Diffusers' scheduler; A1111 leaves the last of its steps out."""
    scheduler = DDIMScheduler(**SD, clip_sample=False, set_alpha_to_one=False)
    scheduler.set_timesteps(n)
    noise = Noise()
    x = noise()
    for t in scheduler.timesteps[:-1]:
        x = scheduler.step(eps(x, t), t, x, eta=eta, variance_noise=noise() if eta > 0 else None).prev_sample
    return x


def plms(n):
    scheduler = PNDMScheduler(**SD, skip_prk_steps=True, set_alpha_to_one=False)
    scheduler.set_timesteps(n)
    x = Noise()()
    for t in scheduler.timesteps[:-1]:
        x = scheduler.step(eps(x, t), t, x).prev_sample
    return x


def ddim_cfgpp(n):
    """Chung et al. 2024, algorithm 2: the noise that is put back is the one seen without the prompt (here 0.8 e)."""
    x = Noise()()
    steps = timesteps(n)
    for t, s in zip(steps[:0:-1], steps[-2::-1]):
        a, b = alphas_cumprod[t], alphas_cumprod[s]
        e = eps(x, t)
        x = b.sqrt() * (x - (1 - a).sqrt() * e) / a.sqrt() + (1 - b).sqrt() * 0.8 * e
    return x


def unipc(module):
    def run(n, variant="bh1", skip_type="time_uniform"):
        schedule = module.NoiseScheduleVP("discrete", alphas_cumprod=alphas_cumprod)
        model = module.model_wrapper(lambda x, t: eps(x, t[0]), schedule)
        solver = module.UniPC(model, schedule, variant=variant)
        return solver.sample(Noise()(), steps=n, order=3, skip_type=skip_type, method="multistep", lower_order_final=True)

    return run


def lcm(n):
    """Diffusers' scheduler at A1111's times; its latent is the other one times sqrt(alphas_cumprod)."""
    grid = table.sigmas[19::20].log()
    place = torch.linspace(999, 19, n).sub(19).div(20)
    low, high = place.floor().long(), place.ceil().long()
    log_sigmas = (1 - place.frac()) * grid[low] + place.frac() * grid[high]
    ts = [20 * (grid - s).abs().argmin().item() + 19 for s in log_sigmas]
    return ts, [float(v) for v in log_sigmas.exp()]


def lcm_run(n):
    ts, sigmas = lcm(n)
    noise = Noise()
    scheduler = LCMScheduler(**{**SD, "steps_offset": 0}, clip_sample=False, timestep_scaling=10.0)
    x = noise() * sigmas[0]
    for i, (t, sigma) in enumerate(zip(ts, sigmas)):
        c_skip, c_out = scheduler.get_scalings_for_boundary_condition_discrete(t)
        clean = x - sigma * eps(x / (sigma**2 + 1) ** 0.5, t)
        x = c_out * clean + c_skip * x
        if i + 1 < n:
            x = x + sigmas[i + 1] * noise()
    return x


def encode(t):
    """32 of the 512 numbers, from all over the batch, and the sum of their squares in all."""
    flat = t.flatten().to(torch.float32)
    return {
        "values": base64.b64encode(flat[5::16].contiguous().numpy().astype("<f4").tobytes()).decode(),
        "norm": float(flat.double().norm()),
    }


def main(unipc_path):
    spec = importlib.util.spec_from_file_location("uni_pc", pathlib.Path(unipc_path) / "uni_pc.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    uni = unipc(module)
    levels = {
        schedule: {
            n: base64.b64encode(rule(n).numpy().astype("<f4").tobytes()).decode() for n in (1, 4, 5, 11, 20, 30, 50)
        }
        for schedule, rule in SCHEDULES.items()
    }
    sigma_runs = [
        {"sampler": sampler, "schedule": schedule, "steps": n, **encode(run(schedule, n))}
        for sampler, run in SAMPLERS.items()
        for schedule in SCHEDULES
        # The slow ones take their longest run on their own schedule only.
        for n in ((4, 20) if "Sde" in sampler and schedule != "exponential" else (4, 20, 50))
    ]
    timestep_runs = [
        {"sampler": sampler, "options": options, "steps": n, **encode(run(n))}
        for n in (4, 20, 50)
        for sampler, options, run in [
            ("ddim", {}, ddim),
            ("ddim", {"etaDdim": 0.5}, lambda n: ddim(n, 0.5)),
            ("ddimCfgpp", {}, ddim_cfgpp),
            ("plms", {}, plms),
            ("unipc", {}, uni),
            ("unipc", {"uniPcVariant": "bh2"}, lambda n: uni(n, "bh2")),
            ("unipc", {"uniPcVariant": "vary_coeff"}, lambda n: uni(n, "vary_coeff")),
            ("unipc", {"uniPcSkipType": "time_quadratic"}, lambda n: uni(n, skip_type="time_quadratic")),
            ("unipc", {"uniPcSkipType": "logSNR"}, lambda n: uni(n, skip_type="logSNR")),
        ]
    ]
    lcm_runs = [{"steps": n, "times": lcm(n)[0], **encode(lcm_run(n))} for n in (4, 8, 20)]
    made_by = ", ".join(f"{name} {version(name)}" for name in ("torch", "k-diffusion", "torchsde", "diffusers", "scipy"))
    fixture = {
        "madeBy": f"{made_by}, wl-zhao/UniPC cf9de85",
        "seeds": SEEDS,
        "levels": levels,
        "sigmaRuns": sigma_runs,
        "timestepRuns": timestep_runs,
        "lcmRuns": lcm_runs,
    }
    (ROOT / "fixtures" / "samplers.json").write_text(json.dumps(fixture, separators=(",", ":")).replace('},{"sampler', '},\n{"sampler') + "\n")


main(sys.argv[1])
