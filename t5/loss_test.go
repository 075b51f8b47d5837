// SPDX-License-Identifier: Apache-2.0

package t5

import (
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

func TestLoss(t *testing.T) {
	const b, n, v = 2, 3, 5
	logits := normal(1, b, n, v)
	for name, labels := range map[string][]int32{
		"all":     {0, 1, 2, 3, 4, 0},
		"some":    {4, 1, Ignored, 0, Ignored, Ignored},
		"none":    {Ignored, Ignored, Ignored, Ignored, Ignored, Ignored},
		"pad too": {0, 0, 0, 0, 0, 0}, // only Ignored is ignored
	} {
		t.Run(name, func(t *testing.T) {
			flat := floats(t, logits)
			want, counted := 0.0, 0
			gradient := make([]float64, len(flat))
			for i, label := range labels {
				if label == Ignored {
					continue
				}
				counted++
				sum := 0.0
				for _, x := range flat[i*v : (i+1)*v] {
					sum += math.Exp(float64(x))
				}
				want += math.Log(sum) - float64(flat[i*v+int(label)])
				for j := range v {
					gradient[i*v+j] = math.Exp(float64(flat[i*v+j])) / sum
				}
				gradient[i*v+int(label)]--
			}
			want /= float64(max(counted, 1))
			exec := MustNewExec(backend(t), func(logits, labels *Node) []*Node {
				loss := Loss(logits, labels)
				return []*Node{loss, Gradient(loss, logits)[0]}
			})
			defer exec.Finalize()
			out, err := exec.Call(logits, tensors.FromFlatDataAndDimensions(labels, b, n))
			if err != nil {
				t.Fatal(err)
			}
			if got := float64(floats(t, out[0])[0]); !(math.Abs(got-want) <= 1e-6) {
				t.Errorf("loss %v, want %v within 1e-6", got, want)
			}
			for i, got := range floats(t, out[1]) {
				if want := gradient[i] / float64(max(counted, 1)); !(math.Abs(float64(got)-want) <= 1e-6) {
					t.Errorf("gradient of logit %d: %v, want %v within 1e-6", i, got, want)
				}
			}
		})
	}
}

// Logits far beyond what exp can take still have a finite loss.
func TestLossOfHugeLogits(t *testing.T) {
	out := MustExecOnce(backend(t), Loss, [][][]float32{{{1e4, 0}, {0, 1e4}}}, [][]int32{{0, 0}})
	if got := floats(t, out)[0]; got != 5000 {
		t.Errorf("loss %v, want 5000: 0 for the first label and 1e4 for the second", got)
	}
}
