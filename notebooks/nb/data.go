// SPDX-License-Identifier: Apache-2.0

package nb

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"

	"dpt/superglue"
)

// Data is a folder with a SuperGLUE task's training and development rows, and what to call them in a figure. It is the
// one that DPT_DATA names, or, in a checkout that has it beside it, ../shared/data/superglue; for CB, where there is
// neither, it has a few made-up rows.
func Data(task superglue.Task) (dir, name string) {
	if dir := os.Getenv("DPT_DATA"); dir != "" {
		return dir, "rows from DPT_DATA"
	}
	dir = filepath.Join(Root(), "..", "shared", "data", "superglue")
	if _, err := os.Stat(filepath.Join(dir, task.Name, "train.jsonl")); err == nil {
		return dir, "SuperGLUE's rows"
	}
	if task.Name != "CB" {
		panic(fmt.Errorf("no rows of %s: set DPT_DATA to the folder that holds %s/train.jsonl and val.jsonl", task.Name, task.Name))
	}
	dir = Build("data", "made-up")
	if err := writeMadeUpCB(filepath.Join(dir, task.Name)); err != nil {
		panic(err)
	}
	return dir, "made-up rows"
}

// writeMadeUpCB writes 192 training and 48 development rows in CommitmentBank's format: a premise that says that, denies
// that, or leaves open whether something is so. No combination of person, fact and clause is in both splits.
func writeMadeUpCB(dir string) error {
	people := []string{"Ada", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gus", "Hana"}
	facts := []string{"the shop is open", "the train is late", "the soup is hot", "the lake is deep", "the door is shut"}
	clauses := []struct{ text, label string }{
		{"%s knows that %s.", "entailment"}, {"%s saw that %s.", "entailment"},
		{"%s only pretended that %s.", "contradiction"}, {"%s was wrong to say that %s.", "contradiction"},
		{"%s hopes that %s.", "neutral"}, {"%s wonders whether %s.", "neutral"},
	}
	var train, dev bytes.Buffer
	for i, person := range people {
		for j, fact := range facts {
			for k, clause := range clauses {
				out, index := &train, i*len(facts)*len(clauses)+j*len(clauses)+k
				if (i+j+k)%5 == 0 {
					out = &dev
				}
				fmt.Fprintf(out, `{"premise": %q, "hypothesis": %q, "label": %q, "idx": %d}`+"\n", fmt.Sprintf(clause.text, person, fact), fact, clause.label, index)
			}
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := renameio.WriteFile(filepath.Join(dir, "train.jsonl"), train.Bytes(), 0o644); err != nil {
		return err
	}
	return renameio.WriteFile(filepath.Join(dir, "val.jsonl"), dev.Bytes(), 0o644)
}
