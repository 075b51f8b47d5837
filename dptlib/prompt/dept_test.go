// SPDX-License-Identifier: Apache-2.0

package prompt_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"dpt/dptlib/internal/cases"
	"dpt/dptlib/prompt"
)

// DePT and ADePT start, as their release does, from its text's tokens with </s>, over and over; what is added to the
// text's embeddings is 0, and the factors or layers in front of that are uniform up to ±1/sqrt(r).
func TestDePTStart(t *testing.T) {
	b := cases.Backbone(t)
	text := b.Vocabulary.Encode("Classify this text is postive or not:")
	if text[len(text)-1] != int32(b.EOSID) {
		t.Fatal("a text must end with </s>")
	}
	var ids []int32
	for i := range 60 {
		ids = append(ids, text[i%len(text)])
	}
	want := cases.Must(b.Embeddings(ids))
	for _, name := range []string{"DePT", "ADePT"} {
		method := cases.Must(prompt.Named(name))
		for _, v := range cases.Must(method.Init(b, rand.New(rand.NewPCG(1, 2)))) {
			values := tensors.MustCopyFlatData[float32](v.Value)
			least, most := slices.Min(values), slices.Max(values)
			switch v.Name {
			case "P":
				if !slices.Equal(values, want) || v.Rate != 0 {
					t.Errorf("%s: P does not start as the text, or has a rate of its own", name)
				}
				continue
			case "A", "W1":
				bound := 1 / math.Sqrt(float64(v.Value.Shape().Dim(1)))
				if float64(most) > bound || float64(least) < -bound || float64(most-least) < 1.9*bound {
					t.Errorf("%s: %s must be up to ±%g, found %g to %g", name, v.Name, bound, least, most)
				}
			default:
				if least != 0 || most != 0 {
					t.Errorf("%s: %s must start as 0, found %g to %g", name, v.Name, least, most)
				}
			}
			if !(v.Rate > 0 && v.Rate < 0.1) {
				t.Errorf("%s: %s must have a lower rate than P, found a factor of %g", name, v.Name, v.Rate)
			}
		}
	}
	for _, bad := range []prompt.Method{
		prompt.DePT{Length: 4, Bottleneck: 2, Start: prompt.Frequent},
		prompt.DePT{Length: 4, MaxSource: 8, Start: prompt.Frequent},
		prompt.ADePT{Length: 4, Start: prompt.Frequent},
		prompt.ADePT{Length: 4, Bottleneck: 2, Start: prompt.Frequent, Dropout: 1},
	} {
		if _, err := bad.Init(b, rand.New(rand.NewPCG(1, 2))); err == nil {
			t.Errorf("%+v: no error", bad)
		}
	}
}

// A method that has offsets for some positions only is not given longer texts, stored or not.
func TestCheckSource(t *testing.T) {
	method := prompt.DePT{Length: 4, Bottleneck: 2, MaxSource: 32, Start: prompt.Frequent}
	stored := cases.Must(prompt.Capture([]*prompt.Installed{installed(t, cases.Backbone(t), method)},
		[]*tensors.Tensor{nil}))[0]
	for _, m := range []prompt.Method{method, stored} {
		if err := prompt.CheckSource(m, 32); err != nil {
			t.Error(err)
		}
		if err := prompt.CheckSource(m, 33); err == nil ||
			!strings.Contains(err.Error(), "at most 32 tokens, found a limit of 33") {
			t.Errorf("the error must have both numbers, found %v", err)
		}
	}
	if err := prompt.CheckSource(prompt.PT{Length: 4}, 1000); err != nil {
		t.Error(err)
	}
}
