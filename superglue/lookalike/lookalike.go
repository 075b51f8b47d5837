// SPDX-License-Identifier: Apache-2.0

// Package lookalike makes eight small tasks that look like SuperGLUE's: the same files, fields, labels and metrics, so
// that package superglue reads and scores them unchanged, about a closed world of some 300 words. A T5 of a quarter of
// a million parameters can learn them. Its scores on them say nothing about SuperGLUE.
//
// The tasks ask more and more of a reader. CB and WSC turn on a few words of one sentence, COPA on knowledge of the
// world; WiC and RTE compare two spans; BoolQ, MultiRC and ReCoRD look things up across sentences, some of them in two
// steps. Each task's file describes its rows and states which share of them is hard. world.go holds the world,
// mixture.go the texts to pre-train on.
//
// A row's content decides by its hash which side it is on: to train on, to evaluate on, or for pre-training (side.go).
// So no seed's training rows or pre-training texts have any seed's validation rows among them, even under other names;
// but RTE's questions in pre-training ("did Ida find a lemon?") may ask of a short premise what a validation row says.
// COPA and WSC have few contents without names, some 2,900 and 288, the same for every seed. And parts of five tasks
// are in no pre-training text of theirs: two verbs in CB, three of COPA's chains, four people in ReCoRD, three of WiC's
// words and four of WSC's; a model knows these from other texts.
package lookalike

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"

	"dpt/superglue"
)

// task makes a look-alike's rows and writes them for pre-training. Each task's file defines its own.
type task struct {
	superglue.Task
	train, val int       // rows: as in the paper's Table 2, but at most 2,000 examples and at least 200 to evaluate
	labels     []float64 // shares of the classes; nil if a row has no label of its own
	weight     float64   // how often pre-training sees it, relative to the others
	make       func(r rng, label, idx int) item

	prefix    string                                          // in front of the fields in T5's texts
	keepsName bool                                            // in all styles
	fields    func(r rng, x superglue.Example) []string       // with their names; to be shuffled
	onlyTrue  bool                                            // only class 1 is trained on, as in T5
	essential []string                                        // those that make a row what it is (side); nil: all but names
	heldOut   []string                                        // words that no row of the stream has
	continued float64                                         // share of Word texts that are Continue instead
	answers   func(x superglue.Example) (candidates []string) // exactly one is right; nil: those of superglue
}

var tasks = []task{boolq, cb, copa, multirc, record, wic, wsc, rte}

func lookup(name string) superglue.Task {
	t, err := superglue.Lookup(name)
	if err != nil {
		panic(err)
	}
	return t
}

// find returns the look-alike of a task, after a check of the split.
func find(name, split string) (task, error) {
	if split != "train" && split != "val" && split != "test" {
		return task{}, fmt.Errorf(`a toy split is "train", "val" or "test"; found %q`, split)
	}
	var names []string
	for _, t := range tasks {
		if strings.EqualFold(t.Name, name) {
			return t, nil
		}
		names = append(names, t.Name)
	}
	return task{}, fmt.Errorf("there are look-alikes of %s; found %q", strings.Join(names, ", "), name)
}

// most is the greatest number of rows of a split: far fewer than the smallest task has items on its smallest side.
const most = 10000

// Generate returns n rows of a task's split as jsonl. They have different keys, and the labels' shares are the task's.
// The rows depend on the arguments and on nothing else. It fails for another task or split, or n outside 1 to 10,000.
func Generate(name, split string, n int, seed uint64) ([]byte, error) {
	t, err := find(name, split)
	if err != nil {
		return nil, err
	}
	if n < 1 || n > most {
		return nil, fmt.Errorf("toy %s: want 1 to %d rows, found %d", t.Name, most, n)
	}
	r := newRNG(seed, streamOf(t.Name+"/"+split))
	labels := t.quota(n)
	shuffle(r, labels)
	seen := map[uint64]bool{}
	var lines bytes.Buffer
	for idx := 0; idx < n; {
		it, _ := t.draw(r, split, labels[idx], idx)
		key := t.key(it.row.content())
		if seen[key] {
			continue
		}
		seen[key] = true
		if err := json.NewEncoder(&lines).Encode(it.row); err != nil {
			return nil, err
		}
		idx++
	}
	return lines.Bytes(), nil
}

// quota returns n labels, with its share for each class.
func (t task) quota(n int) []int {
	labels := make([]int, n)
	cumulated, i := 0.0, 0
	for class, share := range t.labels {
		for cumulated += share; i < n && float64(i)+.5 < cumulated*float64(n); i++ {
			labels[i] = class
		}
	}
	return labels
}

// streamOf makes random streams of the same seed differ.
func streamOf(name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	return h.Sum64()
}

// rows returns how many rows [Write] writes to a split. Tests get as many as validation.
func (t task) rows(split string) int {
	if split == "train" {
		return t.train
	}
	return t.val
}

// Split returns a task's split of as many rows as [Write] writes, read as package superglue reads files. Its errors are
// those of [Generate].
func Split(name, split string, seed uint64) ([]superglue.Example, error) {
	t, err := find(name, split)
	if err != nil {
		return nil, err
	}
	lines, err := Generate(name, split, t.rows(split), seed)
	if err != nil {
		return nil, err
	}
	return t.Decode(bytes.NewReader(lines), "toy "+name+" "+split)
}

// Write makes the folder <dir>/<Task>/ of each task with train.jsonl and val.jsonl, as [superglue.Task.ReadSplit] reads
// them. A file is replaced whole or not at all.
func Write(dir string, seed uint64) error {
	for _, t := range tasks {
		folder := filepath.Join(dir, t.Name)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
		for _, split := range []string{"train", "val"} {
			lines, err := Generate(t.Name, split, t.rows(split), seed)
			if err != nil {
				return err
			}
			if err := renameio.WriteFile(filepath.Join(folder, split+".jsonl"), lines, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// Candidates returns the texts that include the right answer to an example of a look-alike: those of
// [superglue.Task.Candidates], or the two people in a text of WSC.
func Candidates(task superglue.Task, f superglue.Format, x superglue.Example) []string {
	if t, err := find(task.Name, "val"); err == nil && t.answers != nil {
		return t.answers(x)
	}
	return task.Candidates(x, f)
}
