// SPDX-License-Identifier: Apache-2.0

// Package cases has what the tests of several packages start from: a backend, made-up rows, a small model, and the way
// to the shared reference data.
package cases

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"dpt/dptlib/pjrt"
	"dpt/dptlib/prompt"
	"dpt/superglue"
	"dpt/t5"
	"dpt/t5/toy"
)

// Backend returns the process's XLA backend; a test without one has nothing to run on.
func Backend(t testing.TB) compute.Backend {
	t.Helper()
	return Must(pjrt.Backend())
}

// Must returns value, or panics with err, which ends the test.
func Must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// Task returns a task by its name.
func Task(t testing.TB, name string) superglue.Task {
	t.Helper()
	return Must(superglue.Lookup(name))
}

// Rows returns n made-up examples of CommitmentBank.
func Rows(t testing.TB, n int) []superglue.Example {
	t.Helper()
	labels := []string{"entailment", "contradiction", "neutral"}
	weather := []string{"rained", "snowed", "was warm and dry"}
	var lines strings.Builder
	for i := range n {
		fmt.Fprintf(&lines, `{"premise":"On day %d it %s%s.","hypothesis":"it %s","label":%q,"idx":%d}`+"\n",
			i, weather[i%3], strings.Repeat(" and so on", i%3), weather[(i+i/3)%3], labels[i%3], i)
	}
	return Must(Task(t, "CB").Decode(strings.NewReader(lines.String()), "rows"))
}

// Backbone returns a random T5 of one layer, which compiles soon, with the toys' vocabulary.
func Backbone(t testing.TB) prompt.Backbone {
	t.Helper()
	config := t5.Small
	config.VocabSize, config.DModel, config.DKV, config.DFF, config.Heads = 2304, 24, 8, 32, 2
	config.Layers, config.DecoderLayers = 1, 1
	return prompt.Backbone{Model: Must(t5.Random(Backend(t), config, dtypes.Float32, 1)),
		Vocabulary: Must(toy.Tokenizer())}
}

// Shared returns a path in the folder of shared reference data: ../shared beside the project, or $DPT_SHARED. A test
// whose path does not exist is skipped, unless DPT_REQUIRE_SHARED is set.
func Shared(t testing.TB, parts ...string) string {
	t.Helper()
	root := os.Getenv("DPT_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	path := filepath.Join(append([]string{root}, parts...)...)
	if matches, err := filepath.Glob(path); err != nil || len(matches) == 0 {
		if os.Getenv("DPT_REQUIRE_SHARED") != "" {
			t.Fatalf("no %s, and DPT_REQUIRE_SHARED is set", path)
		}
		t.Skipf("no %s: set DPT_SHARED to the folder that holds it", path)
	}
	return path
}

// Differs returns the largest difference, and the largest magnitude of want; a NaN differs infinitely.
func Differs(got, want []float32) (difference, magnitude float64) {
	for i := range want {
		d := math.Abs(float64(got[i]) - float64(want[i]))
		if math.IsNaN(d) {
			d = math.Inf(1)
		}
		difference, magnitude = max(difference, d), max(magnitude, math.Abs(float64(want[i])))
	}
	return difference, magnitude
}
