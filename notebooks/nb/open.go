// SPDX-License-Identifier: Apache-2.0

package nb

import (
	"cmp"
	"os"

	"dpt/dptlib"
	"dpt/superglue"
	"dpt/t5"
	"dpt/t5/tokenizer"
)

// ModelName is the T5 that DPT_MODEL names: a folder as HuggingFace stores it, or what dpt fetch model fetched, such as
// t5-small. Without it, it is the largest of the toy models that are part of the program.
func ModelName() string { return cmp.Or(os.Getenv("DPT_MODEL"), "toy-l") }

// DataName is the folder that DPT_DATA names, with <Task>/train.jsonl and val.jsonl, or "toy", the look-alikes that this
// program makes.
func DataName() string { return cmp.Or(os.Getenv("DPT_DATA"), "toy") }

// IsToy says whether the model or the data is a toy, whose scores are not comparable to the paper's.
func IsToy() bool { return os.Getenv("DPT_MODEL") == "" || os.Getenv("DPT_DATA") == "" }

// Model opens the T5 of ModelName.
func Model() (*t5.Model, *tokenizer.Tokenizer) {
	m, tok, err := (&dptlib.Library{Backend: Backend()}).Model(ModelName(), "")
	if err != nil {
		panic(err)
	}
	return m, tok
}

// Dataset opens the task's data of DataName, cut at 256 tokens as in the paper.
func Dataset(task string, format superglue.Format, tok *tokenizer.Tokenizer) *dptlib.Dataset {
	return Must(dptlib.OpenDataset(DataName(), Must(superglue.Lookup(task)), format, tok, 256))
}

// Text is the value of an environment variable, or what to take where it is not set.
func Text(variable, otherwise string) string { return cmp.Or(os.Getenv(variable), otherwise) }
