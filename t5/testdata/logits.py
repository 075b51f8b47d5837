# SPDX-License-Identifier: Apache-2.0
"""Writes the logits that HuggingFace's T5 computes: the other side of TestRescaleHuggingFace.

logits.py MODEL CASE OUT   writes the logits of CASE's inputs, by the model in the folder MODEL, to OUT
"""

import sys

import torch
from safetensors.torch import load_file, save_file
from transformers import T5ForConditionalGeneration

model_dir, case_file, out = sys.argv[1:]
model = T5ForConditionalGeneration.from_pretrained(model_dir, dtype=torch.float32).eval()
case = load_file(case_file)
inputs = {"input_ids": case["input_ids"].long(), "attention_mask": case["attention_mask"].long()}
with torch.no_grad():
    logits = model(**inputs, labels=case["labels"].long()).logits
save_file({"logits": logits.contiguous()}, out)
