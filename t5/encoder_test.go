// SPDX-License-Identifier: Apache-2.0

package t5

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/dtypes/gotype"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// sameSums bounds how far two orders of the same float32 sums may lie apart, for logits of order one.
const sameSums = 1e-5

// checkSame compares logits that may differ by the order of sums only. Where the largest is above 1, as v1.1's unscaled
// ones are (up to 20), the bound grows with it.
func checkSame(t *testing.T, what string, got, want []float32) {
	t.Helper()
	bound := sameSums
	for _, x := range want {
		bound = max(bound, sameSums*math.Abs(float64(x)))
	}
	if d := largestDifference(got, want); !(d < bound) {
		t.Errorf("%s: logits differ by %.2g, must be below %.2g", what, d, bound)
	}
}

// dropoutKeys are one pair for each of k groups.
func dropoutKeys(k int) *tensors.Tensor {
	flat := make([]uint32, 2*k)
	for i := range flat {
		flat[i] = 0x9e3779b9 * uint32(3*i+1)
	}
	return tensors.FromFlatDataAndDimensions(flat, k, 2)
}

// logitsOf returns a function from tokens, mask, labels [b, t], dropout keys and, where there is one, a prompt [c, e],
// or [k, c, e] for k groups of rows, to the labels' logits; rate 0 is no dropout. It compiles once per shape.
func logitsOf(t *testing.T, m *Model, rate float64) func(inputs ...any) []float32 {
	t.Helper()
	exec := model.MustNewExec(backend(t), m.Store, func(_ *model.Scope, in []*Node) *Node {
		var prompts []*Node
		for _, prompt := range in[4:] {
			prompts = append(prompts, groups(prompt)...)
		}
		dropout := NewDropout(rate, in[3])
		encoded := m.EncodeEmbedded(m.Scope(), m.Embed(m.Scope(), in[0]), in[1], prompts, dropout)
		return m.Decode(m.Scope(), encoded, in[2], dropout)
	})
	t.Cleanup(exec.Finalize)
	return func(inputs ...any) []float32 {
		t.Helper()
		out, err := exec.Call(inputs...)
		if err != nil {
			t.Fatalf("%+v", err)
		}
		return floats(t, out[0])
	}
}

// groups splits prompts [k, c, e] into k of [c, e].
func groups(prompts *Node) (list []*Node) {
	if prompts.Rank() == 2 {
		return []*Node{prompts}
	}
	for i := range prompts.Shape().Dim(0) {
		list = append(list, Squeeze(Slice(prompts, AxisElem(i)), 0))
	}
	return list
}

func TestPaddingInvariance(t *testing.T) {
	for name, c := range tiny() {
		m := random(t, c, dtypes.Float32, 1)
		labels := targets(c, 4, 3)
		prompt := []any{normal(2, 5, c.DModel)}
		for _, kind := range []struct {
			name   string
			prompt []any
			rate   float64
		}{{"plain", nil, 0}, {"prompt", prompt, 0}, {"prompt, dropout", prompt, 0.3}} {
			t.Run(name+"/"+kind.name, func(t *testing.T) {
				logits := logitsOf(t, m, kind.rate)
				run := func(extra int) []float32 {
					tokens, mask := sources(c, extra, 13, 1, 9, 13)
					return logits(append([]any{tokens, mask, labels, dropoutKeys(2)}, kind.prompt...)...)
				}
				want := run(0)
				for _, extra := range []int{7, 200} {
					checkSame(t, fmt.Sprintf("%d more pad tokens", extra), run(extra), want)
				}
			})
		}
	}
}

// A batch without any padding needs no mask: each row alone, at its own length, gives the row's logits.
func TestRowAloneEqualsRowInBatch(t *testing.T) {
	for name, c := range tiny() {
		t.Run(name, func(t *testing.T) {
			m := random(t, c, dtypes.Float32, 1)
			lengths, prompt := []int{13, 2, 9}, normal(2, 5, c.DModel)
			tokens, mask := sources(c, 0, lengths...)
			labels := targets(c, len(lengths), 3)
			logits := logitsOf(t, m, 0)
			together := logits(tokens, mask, labels, dropoutKeys(1), prompt)
			all, ids, size := tensors.MustCopyFlatData[int32](tokens), tensors.MustCopyFlatData[int32](labels), 3*c.VocabSize
			for row, n := range lengths {
				start := row * 13
				one := tensors.FromFlatDataAndDimensions(all[start:start+n], 1, n)
				label := tensors.FromFlatDataAndDimensions(ids[row*3:row*3+3], 1, 3)
				_, seen := sources(c, 0, n)
				alone := logits(one, seen, label, dropoutKeys(1), prompt)
				checkSame(t, fmt.Sprintf("row %d", row), alone, together[row*size:(row+1)*size])
			}
		})
	}
}

// k prompts in one batch of k groups of rows equal k runs with one prompt each, dropout included.
func TestPromptGroups(t *testing.T) {
	for name, c := range tiny() {
		for _, rate := range []float64{0, 0.3} {
			t.Run(fmt.Sprintf("%s/dropout %v", name, rate), func(t *testing.T) {
				m := random(t, c, dtypes.Float32, 1)
				const k, rows, length = 3, 2, 4
				prompts, keys := normal(4, k, length, c.DModel), dropoutKeys(k)
				tokens, mask := sources(c, 0, 11, 4, 11, 7, 2, 11)
				labels := targets(c, k*rows, 3)
				logits := logitsOf(t, m, rate)
				together := logits(tokens, mask, labels, keys, prompts)
				for i := range k {
					prompt := tensors.FromFlatDataAndDimensions(floats(t, part[float32](prompts, i, k)), length,
						c.DModel)
					alone := logits(part[int32](tokens, i, k), part[bool](mask, i, k), part[int32](labels, i, k),
						part[uint32](keys, i, k), prompt)
					checkSame(t, fmt.Sprintf("group %d", i), alone, together[i*len(alone):(i+1)*len(alone)])
				}
			})
		}
	}
}

// Prompts of different lengths, none among them, in one batch equal a run with each alone, dropout included.
func TestPromptGroupsOfDifferentLengths(t *testing.T) {
	lengths := []int{3, 0, 8}
	for name, c := range tiny() {
		for _, rate := range []float64{0, 0.3} {
			t.Run(fmt.Sprintf("%s/dropout %v", name, rate), func(t *testing.T) {
				m := random(t, c, dtypes.Float32, 1)
				k, rows := len(lengths), 2
				tokens, mask := sources(c, 0, 11, 4, 11, 7, 2, 11)
				labels, keys := targets(c, k*rows, 3), dropoutKeys(k)
				logits := func(groups ...int) []float32 {
					return floats(t, call(t, m, func(scope Scope, in []*Node) []*Node {
						dropout := NewDropout(rate, in[3])
						var prompts []*Node
						for i, group := range groups {
							var prompt *Node
							if lengths[group] > 0 {
								prompt = in[4+i]
							}
							prompts = append(prompts, prompt)
						}
						logits := m.Decode(scope, m.EncodeEmbedded(scope, m.Embed(scope, in[0]), in[1], prompts,
							dropout), in[2], dropout)
						loss := GroupLosses(logits, in[2], len(groups))
						return []*Node{Concatenate([]*Node{Reshape(logits, -1), loss}, 0)}
					}, groupInputs(c, tokens, mask, labels, keys, lengths, groups)...)[0])
				}
				together := logits(0, 1, 2)
				size := (len(together) - k) / k
				for i := range k {
					alone := logits(i)
					checkSame(t, fmt.Sprintf("group %d", i), alone[:size], together[i*size:(i+1)*size])
					checkSame(t, fmt.Sprintf("loss of group %d", i), alone[size:], together[k*size+i:k*size+i+1])
				}
			})
		}
	}
}

// groupInputs are the rows of the groups asked for, and a prompt for each.
func groupInputs(c Config, tokens, mask, labels, keys *tensors.Tensor, lengths, groups []int) []any {
	k := len(lengths)
	inputs := []any{tokens, mask, labels, keys}
	if len(groups) == 1 {
		i := groups[0]
		inputs = []any{part[int32](tokens, i, k), part[bool](mask, i, k), part[int32](labels, i, k),
			part[uint32](keys, i, k)}
	}
	for _, group := range groups {
		inputs = append(inputs, normal(uint64(10+group), max(1, lengths[group]), c.DModel))
	}
	return inputs
}

// part is the i-th of k equal parts of x along its first axis.
func part[T gotype.Supported](x *tensors.Tensor, i, k int) *tensors.Tensor {
	flat, dims := tensors.MustCopyFlatData[T](x), slices.Clone(x.Shape().Dimensions)
	dims[0] /= k
	return tensors.FromFlatDataAndDimensions(flat[i*len(flat)/k:(i+1)*len(flat)/k], dims...)
}

// A prompt that consists of embeddings of tokens is those tokens: it takes their positions and is seen as they are.
func TestPromptOfEmbeddingsIsTokens(t *testing.T) {
	for name, c := range tiny() {
		t.Run(name, func(t *testing.T) {
			m := random(t, c, dtypes.Float32, 1)
			tokens, mask := sources(c, 3, 12, 8)
			labels := targets(c, 2, 3)
			out := call(t, m, func(scope Scope, in []*Node) []*Node {
				tokens, mask := in[0], in[1]
				first := Slice(tokens, AxisRange(), AxisRange(0, 4)) // [b, 4]
				prompts := c.Embed(scope, first)                     // [b, 4, e]
				rest := []*Node{Slice(tokens, AxisRange(), AxisRange(4)), Slice(mask, AxisRange(), AxisRange(4))}
				prompted := m.Encode(scope, rest[0], rest[1], prompts, NewDropout(0.3, in[3]))
				plain := m.Encode(scope, tokens, mask, nil, NewDropout(0.3, in[3]))
				return []*Node{m.Decode(scope, prompted, in[2], nil), m.Decode(scope, plain, in[2], nil)}
			}, tokens, mask, labels, dropoutKeys(2))
			checkSame(t, "prompt against tokens", floats(t, out[0]), floats(t, out[1]))
		})
	}
}

// A prompt for each row, [b, c, e], gives each row what its own prompt alone gives it; another number of prompts than
// of rows is refused.
func TestPromptPerRow(t *testing.T) {
	for name, c := range tiny() {
		t.Run(name, func(t *testing.T) {
			m := random(t, c, dtypes.Float32, 1)
			const b, length = 3, 4
			tokens, mask := sources(c, 0, 11, 11, 6)
			prompts := normal(4, b, length, c.DModel)
			encode := func(scope Scope, in []*Node) []*Node {
				return []*Node{m.Encode(scope, in[0], in[1], in[2], nil).Hidden}
			}
			together := floats(t, call(t, m, encode, tokens, mask, prompts)[0])
			for i := range b {
				one := tensors.FromFlatDataAndDimensions(floats(t, part[float32](prompts, i, b)), length, c.DModel)
				alone := floats(t, call(t, m, encode, part[int32](tokens, i, b), part[bool](mask, i, b), one)[0])
				checkSame(t, fmt.Sprintf("row %d", i), alone, together[i*len(alone):(i+1)*len(alone)])
			}
			exec := model.MustNewExec(backend(t), m.Store, func(_ *model.Scope, in []*Node) []*Node {
				return encode(m.Scope(), in)
			})
			defer exec.Finalize()
			if _, err := exec.Call(tokens, mask, normal(4, b+1, length, c.DModel)); err == nil {
				t.Errorf("%d prompts for %d rows must be refused", b+1, b)
			}
		})
	}
}

// A scope that changes a weight computes what a model with that weight does; the gradient goes through the change.
func TestChangedWeight(t *testing.T) {
	const name = "encoder.block.1.layer.0.SelfAttention.q.weight"
	for kind, c := range tiny() {
		t.Run(kind, func(t *testing.T) {
			m := random(t, c, dtypes.Float32, 1)
			tokens, mask := sources(c, 0, 7, 5)
			out := call(t, m, func(scope Scope, in []*Node) []*Node {
				zero := ScalarZero(in[0].Graph(), dtypes.Float32)
				seen := map[string]bool{}
				changed := func(factor *Node) Scope {
					return scope.Change(func(of string, w *Node) *Node {
						seen[of] = true
						if of != name {
							return w
						}
						return Mul(w, factor)
					})
				}
				hidden := func(scope Scope) *Node {
					return m.Decode(scope, m.Encode(scope, in[0], in[1], nil, nil), in[2], nil)
				}
				one := AddScalar(zero, 1)
				same := hidden(changed(one))
				for _, w := range m.Weights() {
					if !seen[w.Name] {
						t.Errorf("%s was not offered to be changed", w.Name)
					}
				}
				gradient := Gradient(ReduceAllSum(Square(same)), one)[0]
				return []*Node{hidden(scope), same, hidden(changed(zero)), gradient}
			}, tokens, mask, targets(c, 2, 3))
			checkSame(t, "a factor of 1", floats(t, out[1]), floats(t, out[0]))
			w := m.Store.GetVariable("/t5/" + strings.ReplaceAll(name, ".", "/"))
			if err := w.SetValue(tensors.FromShape(w.Shape())); err != nil {
				t.Fatal(err)
			}
			zeroed := call(t, m, func(scope Scope, in []*Node) []*Node {
				return []*Node{m.Decode(scope, m.Encode(scope, in[0], in[1], nil, nil), in[2], nil)}
			}, tokens, mask, targets(c, 2, 3))
			checkSame(t, "a factor of 0", floats(t, out[2]), floats(t, zeroed[0]))
			if g := floats(t, out[3])[0]; g == 0 || math.IsNaN(float64(g)) {
				t.Errorf("the gradient through the change is %v, must be a number other than 0", g)
			}
		})
	}
}

func TestPromptsMustDivideRows(t *testing.T) {
	c := tiny()["v1.0"]
	m := random(t, c, dtypes.Float32, 1)
	tokens, mask := sources(c, 0, 3, 3, 3)
	exec := model.MustNewExec(backend(t), m.Store, func(_ *model.Scope, in []*Node) *Node {
		return m.EncodeEmbedded(m.Scope(), m.Embed(m.Scope(), in[0]), in[1], groups(in[2]), nil).Hidden
	})
	defer exec.Finalize()
	if _, err := exec.Call(tokens, mask, normal(1, 2, 4, c.DModel)); err == nil {
		t.Error("2 prompts for 3 rows must be refused")
	}
}

// In bfloat16, the 18 positions of a prompt and a text are padded to 24, which 6 more pad tokens make, too: the logits
// are the same, dropout included. In float32 they stay 18. What encoding returns has 18 in both.
func TestAligned(t *testing.T) {
	for name, c := range tiny() {
		for dtype, positions := range map[dtypes.DType]int{dtypes.BFloat16: 24, dtypes.Float32: 18} {
			t.Run(name+"/"+dtype.String(), func(t *testing.T) {
				m := random(t, c, dtype, 1)
				prompt, labels := normal(2, 5, c.DModel), targets(c, 4, 3)
				logits := logitsOf(t, m, 0.3)
				run := func(extra int) []float32 {
					tokens, mask := sources(c, extra, 13, 1, 9, 13)
					return logits(tokens, mask, labels, dropoutKeys(2), prompt)
				}
				checkSame(t, "18 positions against 24", run(0), run(6))

				tokens, mask := sources(c, 0, 13, 1, 9, 13)
				call(t, m, func(scope Scope, in []*Node) []*Node {
					encoded := m.Encode(scope, in[0], in[1], in[2], nil)
					check := func(what string, x, mask *Node, want int) {
						if x.Shape().Dim(1) != want || mask.Shape().Dim(1) != want {
							t.Errorf("%s: want %d positions, found %s and mask %s", what, want, x.Shape(), mask.Shape())
						}
					}
					check("encoded", encoded.Hidden, encoded.Mask, 18)
					x, visible := aligned(encoded.Hidden, encoded.Mask, dtype)
					check("aligned", x, visible, positions)
					return []*Node{x}
				}, tokens, mask, prompt)
			})
		}
	}
}

// A backbone in bfloat16, of 8 significant bits, stays near the same one in float32: within 2 % of the largest encoder
// state, logit and loss, and within 10 % of the largest entry of the prompt's gradient.
func TestBFloat16Backbone(t *testing.T) {
	for name, c := range tiny() {
		t.Run(name, func(t *testing.T) {
			tokens, mask := sources(c, 2, 30, 11)
			labels, prompt := targets(c, 2, 3), normal(2, 5, c.DModel)
			run := func(dtype dtypes.DType) []*tensors.Tensor {
				m := random(t, c, dtype, 1)
				return call(t, m, func(scope Scope, in []*Node) []*Node {
					encoded := m.Encode(scope, in[0], in[1], in[3], nil)
					logits := m.Decode(scope, encoded, in[2], nil)
					loss := Loss(logits, in[2])
					return []*Node{encoded.Hidden, logits, loss, Gradient(loss, in[3])[0]}
				}, tokens, mask, labels, prompt)
			}
			exact, rounded := run(dtypes.Float32), run(dtypes.BFloat16)
			for i, c := range []struct {
				what  string
				bound float64
			}{{"encoder states", 0.02}, {"logits", 0.02}, {"loss", 0.02}, {"prompt's gradient", 0.1}} {
				if rounded[i].DType() != dtypes.Float32 {
					t.Errorf("%s must stay float32, found %s", c.what, rounded[i].DType())
				}
				e := relativeError(floats(t, rounded[i]), floats(t, exact[i]))
				t.Logf("%s: %.2g", c.what, e)
				if !(e > 0 && e <= c.bound) {
					t.Errorf("%s: relative error %.3g, must be above 0 and at most %g", c.what, e, c.bound)
				}
			}
		})
	}
}
