// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// benchFile is the task's largest labelled file in the shared folder.
func benchFile(b *testing.B, task Task) []byte {
	for _, path := range []string{"superglue/*/train.jsonl", "superglue/*/val.jsonl", "fewglue_32dev/*/train.jsonl"} {
		path = filepath.Join(shared(b), "data", filepath.Dir(filepath.Dir(path)), task.Name, filepath.Base(path))
		if raw, err := os.ReadFile(path); err == nil {
			return raw
		}
	}
	b.Fatalf("no file of %s", task.Name)
	return nil
}

// BenchmarkDecode reads rows, in MB of jsonl a second.
func BenchmarkDecode(b *testing.B) {
	for _, task := range All() {
		b.Run(task.Name, func(b *testing.B) {
			raw := benchFile(b, task)
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := task.Decode(bytes.NewReader(raw), task.Name); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkText writes the texts of rows, in MB of the jsonl that they come from a second.
func BenchmarkText(b *testing.B) {
	for _, task := range All() {
		b.Run(task.Name, func(b *testing.B) {
			raw := benchFile(b, task)
			examples, err := task.Decode(bytes.NewReader(raw), task.Name)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				for _, x := range examples {
					task.Text(x, Format{})
				}
			}
		})
	}
}

// BenchmarkScore scores the official number of development examples, intervals included.
func BenchmarkScore(b *testing.B) {
	for _, task := range All() {
		b.Run(task.Name, func(b *testing.B) {
			examples, err := task.Decode(bytes.NewReader(benchFile(b, task)), task.Name)
			if err != nil {
				b.Fatal(err)
			}
			for len(examples) < task.Table2.Dev {
				examples = append(examples, examples...)
			}
			examples = examples[:task.Table2.Dev]
			predictions := make([]string, len(examples))
			for i, x := range examples {
				_, predictions[i] = task.Text(x, Format{})
			}
			for b.Loop() {
				if _, err := task.Score(Format{}, examples, predictions); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
