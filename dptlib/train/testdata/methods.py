# SPDX-License-Identifier: Apache-2.0
"""Trains each method on a small random T5 with PyTorch, in float64: the other side of TestMethodsAgainstPyTorch.

methods.py OUT   writes the T5, a batch, and a file for each case to the folder OUT, which is testdata/methods

It needs torch, transformers and peft. The formulas are written from the methods' papers and releases; LoRA and (IA)3 are
PEFT's own. A case's file has, for each variable, its start, the gradient there and its value after the updates; the loss and
gradient norm of every update; and what the encoder reads at the start: the changed text "embeddings" and the "prompt", in
training where its name says so, or the changed "weight/NAME" of the T5. Its metadata are the method as JSON and the factors
of the learning rate. Only that must agree with the Go code; what Go draws at the start is not used.
"""

import json
import math
import sys

import torch
from safetensors.torch import save_file
from transformers import T5Config, T5ForConditionalGeneration

STEPS, RATE, DECAY, CLIP, EPSILON, SEED = 8, 0.01, 0.01, 1.0, 1e-4, 1
B, N, E, V = 5, 9, 16, 48  # rows, source length, width, vocabulary
IGNORED = -100

torch.set_default_dtype(torch.float64)
torch.manual_seed(20)
relu, softmax = torch.relu, torch.softmax


def normal(*shape, scale=1.0):
    """Random numbers that float32 holds exactly."""
    return (scale * torch.randn(*shape)).float().double()


def backbone():
    torch.manual_seed(3)
    config = T5Config(
        vocab_size=V, d_model=E, d_kv=4, d_ff=24, num_layers=1, num_decoder_layers=2, num_heads=4, dropout_rate=0.0,
        relative_attention_num_buckets=8, relative_attention_max_distance=16, decoder_start_token_id=0, initializer_factor=1.0)
    model = T5ForConditionalGeneration(config)
    for w in model.parameters():  # biases and norms too, so that none hides behind a 0 or a 1
        w.data = (w.data + 0.1 * torch.randn_like(w)).float().double()
        w.requires_grad_(False)
    return model.eval()


def batch():
    """Sources of different lengths, the last of them shorter than N; targets likewise."""
    lengths, targets = [7, 5, 7, 3, 6], [3, 2, 3, 1, 3]
    ids, mask, labels = torch.zeros(B, N, dtype=torch.int64), torch.zeros(B, N), torch.full((B, 3), IGNORED)
    for i in range(B):
        ids[i, : lengths[i] - 1] = torch.randint(3, V, (lengths[i] - 1,))
        ids[i, lengths[i] - 1] = 1
        mask[i, : lengths[i]] = 1
        labels[i, : targets[i]] = torch.randint(3, V, (targets[i],))
    return ids, mask, labels


class Case:
    """One method: spec is its JSON, start its variables, frozen and rates the names of those that are not trained, and of
    those with a factor of the learning rate."""

    def __init__(self, name, spec, start, frozen=(), rates={}):
        self.name, self.spec, self.frozen, self.rates = name, spec, frozen, rates
        self.v = {k: x.clone().requires_grad_(k not in frozen) for k, x in start.items()}

    def prompt(self, v):
        """P [c, e] for all rows, or None."""

    def input(self, v, x, mask, keys):
        """The text and the prompt, [c, e] or [b, c, e], that the encoder reads; keys is None in evaluation."""
        return x, self.prompt(v)

    def logits_loss(self, model, ids, mask, labels, keys):
        x, p = self.input(self.v, model.shared(ids), mask, keys)
        p = p if p.dim() == 3 else p.expand(len(ids), -1, -1)
        seen = torch.cat([torch.ones(len(ids), p.shape[1]), mask], 1)
        return model(inputs_embeds=torch.cat([p, x], 1), attention_mask=seen, labels=labels).loss

    def observed(self, model, ids, mask):
        """What the encoder reads at the start, by name, where it is not what it would be without."""
        plain = model.shared(ids)
        x, p = self.input(self.v, plain, mask, None)
        found = {"prompt": p} | ({} if x is plain else {"embeddings": x})
        for name, value in zip(("embeddings", "prompt"), self.input(self.v, plain, mask, update_keys(0))):
            if name in found and not torch.equal(value, found[name]):
                found["training/" + name] = value
        return found

    def run(self, model, data, folder):
        out = {"start/" + k: x.detach().clone() for k, x in self.v.items()} | self.observed(model, *data[:2])
        groups = [{"params": [x], "lr": RATE * self.rates.get(k, 1)} for k, x in self.v.items() if k not in self.frozen]
        trained = [g["params"][0] for g in groups]
        optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.999), eps=EPSILON, weight_decay=DECAY)
        losses, norms = [], []
        for step in range(STEPS):
            optimizer.zero_grad()
            loss = self.logits_loss(model, *data, update_keys(step))
            loss.backward()
            if step == 0:
                out |= {"gradient/" + k: x.grad.clone() for k, x in self.v.items() if k not in self.frozen}
            norms.append(torch.nn.utils.clip_grad_norm_(trained, CLIP))
            losses.append(loss.detach())
            optimizer.step()
        out |= {"end/" + k: x.detach() for k, x in self.v.items()} | {"losses": torch.stack(losses), "norms": torch.stack(norms)}
        out = {k: x.detach().float().contiguous() for k, x in out.items()}
        save_file(out, f"{folder}/{self.name}.safetensors", {"method": json.dumps(self.spec), "rates": json.dumps(self.rates)})
        print(f"{self.name:20s} loss {losses[0]:.4f} -> {losses[-1]:.4f}")


# Random numbers of an update: PCG-DXSM as Go's math/rand/v2 has it, seeded with a run's seed and the update's number, gives
# two keys; a counter, linear in the coordinates, through MurmurHash3's finaliser gives 32 bits for each element.


def update_keys(update):
    state = SEED << 64 | 2 << 48 | update
    keys = []
    for _ in range(2):
        state = (state * (2549297995355413924 << 64 | 4865540595714422341) + (6364136223846793005 << 64 | 1442695040888963407)) % 2**128
        high, low = state >> 64, state % 2**64
        high ^= high >> 32
        high = high * 0xDA942042E4DD58B5 % 2**64
        high ^= high >> 48
        keys.append(high * (low | 1) % 2**64 >> 32)
    return keys


def bits(keys, draw, rows, columns):
    first = lambda x: (x ^ x >> 16) * 0x85EBCA6B % 2**32
    second = lambda x: (y := (x ^ x >> 13) * 0xC2B2AE35 % 2**32) ^ y >> 16
    key = [second(first((k + draw * 0x9E3779B9) % 2**32)) for k in keys]
    return [[second(first((key[0] + i * 0x9E3779B1 + j * 0x85EBCA77) % 2**32) ^ key[1]) for j in range(columns)] for i in range(rows)]


def uniform_numbers(keys, draw, rows, columns):
    return torch.tensor([[(x >> 8) / 2**24 for x in row] for row in bits(keys, 1 << 31 | draw, rows, columns)])


def normal_numbers(keys, draw, rows, columns):
    u, w = (uniform_numbers(keys, d, rows, columns) for d in (draw, draw | 1 << 30))
    return torch.sqrt(-2 * torch.log(1 - u)) * torch.cos(2 * math.pi * w)


class ULPT(Case):
    def prompt(self, v):
        k = self.spec.get("bases", 1)
        groups = [z @ r for z, r in zip(v["Z"].chunk(k), v["R"].chunk(k))]
        p = torch.cat(groups)
        if "g" in v:
            p = p * v["g"]
        if "d" in v:
            p = p + v["d"]
        return p


def ulpt(name, c, r, bases=1, scale=True, shift=True, train=False):
    spec = dict(name="ULPT", length=c, bottleneck=r, basis="normal", scale=scale, shift=shift)
    spec |= {"bases": bases} if bases > 1 else {}
    spec |= {"train_basis": True} if train else {}
    start = {"Z": normal(c, r), "R": normal(bases * r, E)}
    start |= {"g": 1 + normal(E, scale=0.3)} if scale else {}
    start |= {"d": normal(E, scale=0.3)} if shift else {}
    return ULPT(name, spec, start, frozen=() if train else ("R",))


class DPT(Case):
    def prompt(self, v):
        return (v["A"] @ v["B"]).T


class SuperPos(Case):
    def prompt(self, v):
        return v["W"] @ (v["E"] + v["D"] if "D" in v else v["E"])


class PTuning(Case):
    def prompt(self, v):
        layer = torch.nn.functional.linear
        return layer(relu(layer(relu(layer(v["E"], v["W1"], v["b1"])), v["W2"], v["b2"])), v["W3"], v["b3"])


def cases():
    yield ulpt("ulpt", 6, 3)
    yield ulpt("ulpt-bases", 6, 2, bases=3, shift=False)
    yield ulpt("ulpt-trained", 6, 2, scale=False, shift=False, train=True)

    spec = dict(name="DPT", length=6, bottleneck=3, start="uniform", rate_b=0.25)
    yield DPT("dpt-rates", spec, {"A": normal(E, 3, scale=0.5), "B": normal(3, 6, scale=0.5)}, rates={"B": 0.25})

    start = {"W": normal(6, 4, scale=0.5), "E": normal(4, E)}
    yield SuperPos("superpos-frozen", dict(name="SuperPos", length=6, tokens=4, offset=False), start, frozen=["E"])
    start["D"] = normal(4, E, scale=0.1)
    yield SuperPos("superpos", dict(name="SuperPos", length=6, tokens=4, offset=True), start, frozen=["E"])

    n = 7
    start = {"E": normal(5, E), "W1": normal(n, E, scale=0.3), "W2": normal(n, n, scale=0.4), "W3": normal(E, n, scale=0.4)}
    start |= {"b1": normal(n, scale=0.3), "b2": normal(n, scale=0.3), "b3": normal(E, scale=0.3)}
    yield PTuning("p-tuning", dict(name="P-tuning", length=5, hidden=n), start)


def main(folder):
    model, data = backbone(), batch()
    ids, mask, labels = data
    model.float().save_pretrained(folder)
    model.double()
    batch_file = {"ids": ids.int(), "mask": mask.int(), "labels": labels.int()}
    settings = dict(steps=STEPS, rate=RATE, decay=DECAY, clip=CLIP, epsilon=EPSILON, seed=SEED)
    save_file(batch_file, f"{folder}/batch.safetensors", {"settings": json.dumps(settings)})
    for case in cases():
        case.run(model, data, folder)


main(sys.argv[1])
