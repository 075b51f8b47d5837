// SPDX-License-Identifier: Apache-2.0

// Package dptlib is the map of the library; the code lies in its folders. Each knows those above it, and nothing of
// those below.
//
//	t5/                T5 itself, and superglue/, the tasks as text: neither knows of prompts
//	dptlib/pip/        pip's settings, for what is installed with it
//	dptlib/pjrt/       finds or installs XLA's plugin, and keeps what it compiled
//	dptlib/fetch/      downloads T5 and SuperGLUE
//	dptlib/prompt/     methods: how each makes a prompt, or what else it changes; stored prompts; PEFT
//	dptlib/train/      one run: batches, trainer, AdamW, schedule, evaluation, checkpoint; run.go is the way through it
//	dptlib/pretrain/   makes the toy models
//	dptlib/predict/    answers rows as they come
//	dptlib/runs/       many runs: what identifies one, its record, folders of them, models and data by name, sweeps
//	figures/           figures and tables from records
//
// The Example goes the whole way: from rows of a task to a tuned prompt, its record and its score.
package dptlib
