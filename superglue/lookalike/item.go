// SPDX-License-Identifier: Apache-2.0

package lookalike

import (
	"bytes"
	"encoding/json"

	"dpt/superglue"
)

// row is a line of a task's jsonl file.
type row map[string]any

// item is a row with the other texts that pre-training can make of it.
type item struct {
	row      row
	why      []string // for each of the row's examples, the reason for its label
	siblings []answer // other tasks on the same fields
	asks     []ask    // questions about the row's texts
	claims   []ask    // questions whose answer is True or False
	table    table    // the facts of the row's texts, if they form a table
}

// table holds facts, a line each, in columns.
type table struct {
	columns []string
	lines   [][]string
	about   string // the texts, after their key
}

// answer is the answer to a task, named by its prefix.
type answer struct{ prefix, target string }

// ask is a question and its answer.
type ask struct{ source, target string }

// examples reads the row as package superglue does.
func (t task) examples(it item) []superglue.Example {
	line, err := json.Marshal(it.row)
	if err != nil {
		panic(err)
	}
	examples, err := t.Decode(bytes.NewReader(line), "toy "+t.Name)
	if err != nil {
		panic(err)
	}
	return examples
}

// draw makes items with a label until one falls on a side.
func (t task) draw(r rng, side string, label, idx int) (item, []superglue.Example) {
	for {
		it := t.make(r, label, idx)
		if t.side(it.row.content()) == side {
			return it, t.examples(it)
		}
	}
}
