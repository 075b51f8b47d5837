// SPDX-License-Identifier: Apache-2.0

package train

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"dpt/superglue"
	"dpt/t5/tokenizer"
)

// Pair is an example as tokens. Source and target both end with </s>.
type Pair struct {
	Source []int32 `json:"Source"` // the names are part of fingerprints
	Target []int32 `json:"Target"`
}

// Examples holds rows of a task and their tokens, in the same order.
type Examples struct {
	Rows  []superglue.Example
	Pairs []Pair
}

// Len returns the number of examples.
func (e Examples) Len() int { return len(e.Pairs) }

// Pick returns the examples at some places.
func (e Examples) Pick(places []int) Examples {
	picked := Examples{make([]superglue.Example, len(places)), make([]Pair, len(places))}
	for i, place := range places {
		picked.Rows[i], picked.Pairs[i] = e.Rows[place], e.Pairs[place]
	}
	return picked
}

// Dataset holds a task's training and development splits as T5's tokens.
type Dataset struct {
	Task       superglue.Task
	Format     superglue.Format
	Vocabulary *tokenizer.Tokenizer
	MaxSource  int // tokens that a source keeps, the last of them </s>
	Train      Examples
	Dev        Examples
	Held       Examples // to select the best evaluation on, see [Dataset.HoldOut] and [Dataset.HalfSplit]

	// Draw lists the examples that a few-shot dataset is trained on, by [superglue.Example] ID; nil stands for the
	// whole split.
	Draw []string

	rows        []superglue.Example // of the training file; Train has those that the task trains on
	fingerprint string              // empty until it is known
}

// NewDataset tokenises the rows of a task's splits. Sources keep at most maxSource tokens, the last of them </s>; the
// paper's limit is 256, the prompt not counted. The tokens of large splits are cached in the user's folder.
func NewDataset(task superglue.Task, format superglue.Format, train, dev []superglue.Example,
	vocabulary *tokenizer.Tokenizer, maxSource int) (*Dataset, error) {
	if maxSource < 1 || maxSource > MaxLength {
		return nil, fmt.Errorf("sources must keep 1 to %d tokens, found %d", MaxLength, maxSource)
	}
	task, err := Comparable(task, format, vocabulary)
	if err != nil {
		return nil, err
	}
	d := &Dataset{Task: task, Format: format, Vocabulary: vocabulary, MaxSource: maxSource, rows: train}
	d.Train = d.split(task.Training(train))
	d.Dev = d.split(task.Evaluation(dev))
	return d, nil
}

// WithDev returns the dataset with other rows to evaluate on.
func (d *Dataset) WithDev(rows []superglue.Example) *Dataset {
	other := *d
	other.Dev, other.fingerprint = d.split(d.Task.Evaluation(rows)), ""
	return &other
}

// Comparable returns the task with predictions and labels compared as the vocabulary spells them. It is an error if the
// vocabulary has no pieces for a label, or spells two labels alike.
func Comparable(task superglue.Task, format superglue.Format, vocabulary *tokenizer.Tokenizer) (superglue.Task, error) {
	normal := func(text string) string { return vocabulary.Decode(vocabulary.Encode(text)) }
	spells := func(text string) bool {
		_, err := vocabulary.Spell(text)
		return err == nil
	}
	return task.CompareBy(normal), task.CheckTargets(format, normal, spells)
}

// MaxLength is the greatest number of tokens that a source or a prompt may have.
const MaxLength = 1 << 16

// split tokenises rows.
func (d *Dataset) split(rows []superglue.Example) Examples {
	return Examples{rows, texts{d.Task, d.Format, rows, d.Vocabulary, d.MaxSource}.tokens(userTokens())}
}

// Fingerprint returns a SHA-256, in hex, of the tokens of both splits as they were loaded, and of the rows that
// predictions are compared with.
func (d *Dataset) Fingerprint() string {
	if d.fingerprint != "" {
		return d.fingerprint
	}
	hash := sha256.New()
	if err := json.NewEncoder(hash).Encode([]any{d.Task.Name, d.Format, d.Train.Pairs, d.Dev.Pairs,
		d.Dev.Rows}); err != nil {
		panic(err) // rows come from JSON, and a hash takes all that is written
	}
	d.fingerprint = hex.EncodeToString(hash.Sum(nil))
	return d.fingerprint
}

// Texts decodes predictions; see [Decode].
func (d *Dataset) Texts(predictions [][]int32) []string {
	most := d.maxTokens()
	texts := make([]string, len(predictions))
	for i, ids := range predictions {
		texts[i] = Decode(d.Task, d.Format, d.Vocabulary, ids, most)
	}
	return texts
}

// Decode returns the text of a prediction of at most this many tokens. One that is to be a label but has no </s> among
// them is cut off: "…" follows it, so that it is not taken for the label that it begins like.
func Decode(task superglue.Task, f superglue.Format, vocabulary *tokenizer.Tokenizer, ids []int32, most int) string {
	text := vocabulary.Decode(ids)
	if len(ids) == most && task.Targets(f) != nil {
		text += "…"
	}
	return text
}

// Score compares predictions for a split with its labels, as the task's metrics do.
func (d *Dataset) Score(split Examples, predictions [][]int32) (superglue.Scores, error) {
	return d.Task.Score(d.Format, split.Rows, d.Texts(predictions))
}

// maxTokens returns the number of tokens to decode, padded: those of the longest target or label and its </s>, and as
// many again if targets are free text, so that a prediction that only starts like the target is told from it.
func (d *Dataset) maxTokens() int {
	longest := 0
	for _, split := range []Examples{d.Train, d.Held, d.Dev} {
		for _, p := range split.Pairs {
			longest = max(longest, len(p.Target))
		}
	}
	labels := d.Task.Targets(d.Format)
	if labels == nil {
		longest *= 2
	}
	for _, label := range labels {
		if d.Vocabulary == nil { // sizes only, for an outline
			break
		}
		longest = max(longest, len(d.Vocabulary.Encode(label)))
	}
	return padded(longest)
}
