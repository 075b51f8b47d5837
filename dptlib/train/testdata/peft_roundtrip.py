# SPDX-License-Identifier: Apache-2.0
"""Loads a PEFT adapter over a T5 and writes the logits, or makes adapters: the other side of TestPEFTRoundTrip.

peft_roundtrip.py MODEL CASE ADAPTER OUT   writes the logits of CASE's inputs, with ADAPTER, to OUT
peft_roundtrip.py MODEL CASE ADAPTER OUT SUBMODULES   first makes ADAPTER, at random, with that many submodules
"""

import sys

import torch
from peft import PeftModel, PromptTuningConfig, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import T5ForConditionalGeneration

model_dir, case_file, adapter, out, *submodules = sys.argv[1:]
torch.manual_seed(7)
model = T5ForConditionalGeneration.from_pretrained(model_dir, dtype=torch.float32)
if submodules:
    config = PromptTuningConfig(task_type="SEQ_2_SEQ_LM", num_virtual_tokens=5, num_transformer_submodules=int(submodules[0]))
    get_peft_model(model, config).save_pretrained(adapter)
    model = T5ForConditionalGeneration.from_pretrained(model_dir, dtype=torch.float32)
model = PeftModel.from_pretrained(model, adapter).eval()

case = load_file(case_file)
inputs = {"input_ids": case["input_ids"].long(), "attention_mask": case["attention_mask"].long()}
with torch.no_grad():
    logits = model(**inputs, labels=case["labels"].long()).logits
save_file({"logits": logits.contiguous()}, out)
