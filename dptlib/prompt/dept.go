// SPDX-License-Identifier: Apache-2.0

package prompt

import (
	"fmt"
	"math"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"

	"dpt/t5"
)

// DePT (Shi and Lipani 2024, arXiv 2309.05173), not to be confused with [DPT], splits the budget of a long prompt: P
// has m vectors, and every text's embeddings get an offset of low rank by position, x'_j = x_j + 8/sqrt(r)·(A·B)_j,
// with A [S, r] and B [r, e] for texts of at most S tokens: m·e + (S+e)·r parameters. At T5-base, m = 60 and r = 30
// take as many as 100 vectors do: 76,800; at small r = 26 (50,688), at large r = 32 (102,400).
//
// The release trains P at 0.3 or 0.4, A and B at 1e-4 to 5e-3, both after 500 updates of warm-up and with linear decay,
// for 30,000 updates of 32 rows; no weight decay reaches its optimizer. In its published checkpoints the second rate,
// and m and r for BoolQ, were chosen for each task. Offsets depend on the position alone: a text that begins two tokens
// later gets others for the same words.
type DePT struct {
	Length     int        `json:"length"`     // m
	Bottleneck int        `json:"bottleneck"` // r
	MaxSource  int        `json:"max_source"` // S; the release has 256, and 348 for MultiRC
	Start      Vocabulary `json:"start"`      // of P

	// OffsetRate is the factor of the learning rate for A and B; 0 stands for 1.
	OffsetRate float64 `json:"offset_rate"`
}

// deptStart is the release's text, to which the release adds </s>.
const deptStart = "Classify this text is postive or not:</s>"

var _ = Register(DePT{Length: 60, Bottleneck: 30, MaxSource: 256, Start: TextStart(deptStart), OffsetRate: 1.0 / 300})

// Name implements [Method].
func (DePT) Name() string { return "DePT" }

// Vectors implements [Method].
func (d DePT) Vectors() int { return d.Length }

// WithLength implements [Resizable].
func (d DePT) WithLength(m int) Method { d.Length = m; return d }

// LongestSource implements [SourceLimiter].
func (d DePT) LongestSource() int { return d.MaxSource }

// Parameters implements [Counter].
func (d DePT) Parameters(c t5.Config) int {
	return d.Length*c.DModel + (d.MaxSource+c.DModel)*d.Bottleneck
}

// Init implements [Method]; its variables are P, A, uniform up to ±1/sqrt(r), and B, zeros: the run begins as PT's.
func (d DePT) Init(b Backbone, random *rand.Rand) ([]Variable, error) {
	if d.Bottleneck < 1 || d.MaxSource < 1 || d.OffsetRate < 0 {
		return nil, fmt.Errorf("DePT needs a bottleneck and a longest source of at least 1, and no negative rate, "+
			"found %d, %d and %g",
			d.Bottleneck, d.MaxSource, d.OffsetRate)
	}
	prompt, err := d.Start.Variable(b, d.Length, random)
	if err != nil {
		return nil, err
	}
	first := uniform("A", random, 1/math.Sqrt(float64(d.Bottleneck)), d.MaxSource, d.Bottleneck)
	second := constant("B", 0, d.Bottleneck, b.DModel)
	first.Rate, second.Rate = d.OffsetRate, d.OffsetRate
	return []Variable{prompt, first, second}, nil
}

// Prompt implements [Method].
func (DePT) Prompt(v Variables) *Node { return v("P") }

// Input implements [InputHook]. Positions from S on, which are padding, stay as they are.
func (d DePT) Input(v Variables, in Input) (embeddings, prompt *Node) {
	s := in.Embeddings.Shape().Dim(1)
	some := min(s, d.MaxSource)
	offset := Dot(Slice(v("A"), AxisRange(0, some)), v("B")).MatMul() // [some, e]
	offset = MulScalar(offset, 8/math.Sqrt(float64(d.Bottleneck)))
	if s > some {
		rest := Slice(ZerosLike(in.Embeddings), AxisElem(0), AxisRange(some))
		offset = Concatenate([]*Node{offset, Squeeze(rest, 0)}, 0) // [s, e]
	}
	return Add(in.Embeddings, InsertAxes(offset, 0)), in.Prompt
}
