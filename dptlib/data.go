// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"dpt/superglue"
	"dpt/t5/tokenizer"
)

// Dataset is a task's training and development split as T5's tokens.
type Dataset struct {
	Task      superglue.Task
	Format    superglue.Format
	Tokenizer *tokenizer.Tokenizer
	MaxSource int // tokens that a source keeps, the last of them </s>
	Train     []Example
	Dev       []Example

	// Draw is what a few-shot dataset is trained on, by [superglue.Example] ID; nil stands for the whole split.
	Draw []string

	// Held are training examples set aside by [Dataset.HoldOut].
	Held []Example

	train, dev, held []superglue.Example // what Train, Dev and Held were made of
	fingerprint      string              // once it is known
}

// LoadDataset reads <dir>/<Task>/{train,val}.jsonl and tokenises it. Sources keep at most maxSource tokens, the last of
// them </s>; the paper's cap is 256, the prompt not counted.
func LoadDataset(dir string, task superglue.Task, format superglue.Format, tok *tokenizer.Tokenizer, maxSource int) (*Dataset, error) {
	train, err := task.ReadSplit(dir, "train")
	if err != nil {
		return nil, err
	}
	dev, err := task.ReadSplit(dir, "val")
	if err != nil {
		return nil, err
	}
	return NewDataset(task, format, train, dev, tok, maxSource), nil
}

// NewDataset tokenises the rows of a task's splits; see [LoadDataset]. The tokens of large splits are cached in the user's
// folder, by the hash of their texts.
func NewDataset(task superglue.Task, format superglue.Format, train, dev []superglue.Example, tok *tokenizer.Tokenizer, maxSource int) *Dataset {
	d := &Dataset{Task: task, Format: format, Tokenizer: tok, MaxSource: maxSource, train: task.Training(train), dev: task.Evaluation(dev)}
	cache := userTokens()
	d.Train = cache.tokens(split{task, format, d.train, tok, maxSource})
	d.Dev = cache.tokens(split{task, format, d.dev, tok, maxSource})
	return d
}

// Fingerprint is a SHA-256, in hex, of the tokens of both splits as they were loaded, and of the rows that predictions are
// compared with.
func (d *Dataset) Fingerprint() string {
	if d.fingerprint != "" {
		return d.fingerprint
	}
	hash := sha256.New()
	if err := json.NewEncoder(hash).Encode([]any{d.Task.Name, d.Format, d.Train, d.Dev, d.dev}); err != nil {
		panic(err) // rows come from JSON, and a hash takes all that is written
	}
	d.fingerprint = hex.EncodeToString(hash.Sum(nil))
	return d.fingerprint
}

// Score compares decoded tokens with the development split's labels, as the task's metrics do.
func (d *Dataset) Score(predictions [][]int32) (superglue.Scores, error) {
	return d.score(d.dev, predictions)
}

func (d *Dataset) score(rows []superglue.Example, predictions [][]int32) (superglue.Scores, error) {
	texts := make([]string, len(predictions))
	for i, ids := range predictions {
		texts[i] = d.Tokenizer.Decode(ids)
	}
	return d.Task.Score(d.Format, rows, texts)
}

// maxTokens is how many tokens a prediction needs at most: the longest target and its </s>, and as many again where
// targets are free text, so that a prediction which only starts like the target is told from it.
func (d *Dataset) maxTokens() int {
	longest := 0
	for _, split := range [][]Example{d.Train, d.Held, d.Dev} {
		for _, e := range split {
			longest = max(longest, len(e.Target))
		}
	}
	if d.Task.Targets(d.Format) == nil {
		longest *= 2
	}
	return longest
}
