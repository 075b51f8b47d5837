// SPDX-License-Identifier: Apache-2.0

package prompt_test

import (
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"

	"dpt/dptlib/internal/cases"
	"dpt/dptlib/prompt"
	"dpt/t5"
)

// TestAdapterCounts: the counts are PEFT's at T5's sizes, and equal the number of elements drawn, also if encoder and
// decoder differ in depth and the feed-forward network is gated.
func TestAdapterCounts(t *testing.T) {
	for _, c := range []struct {
		method prompt.Method
		want   [3]int
	}{
		{prompt.LoRA{Rank: 8, Alpha: 8}, [3]int{294912, 884736, 2359296}},
		{prompt.IA3{}, [3]int{43008, 129024, 344064}},
	} {
		for i, config := range []t5.Config{t5.Small, t5.Base, t5.Large} {
			if got := c.method.(prompt.Counter).Parameters(config); got != c.want[i] {
				t.Errorf("%s at width %d must train %d parameters, counts %d", c.method.Name(), config.DModel,
					c.want[i], got)
			}
		}
		config := cases.Backbone(t).Config
		config.DecoderLayers, config.FeedForward = 3, "gated-gelu"
		b := prompt.Backbone{Model: cases.Must(t5.Random(cases.Backend(t), config, dtypes.Float32, 1))}
		found := 0
		for _, v := range cases.Must(c.method.Init(b, rand.New(rand.NewPCG(1, 2)))) {
			found += v.Value.Shape().Size()
		}
		if counted := c.method.(prompt.Counter).Parameters(config); found != counted {
			t.Errorf("%s draws %d parameters and counts %d", c.method.Name(), found, counted)
		}
	}
}

// Both start as the model itself: B of LoRA is 0 and A up to ±1/sqrt(in), and the factors of (IA)³ are 1.
func TestAdapterStart(t *testing.T) {
	b := cases.Backbone(t)
	for _, v := range cases.Must(prompt.LoRA{Rank: 8, Alpha: 8}.Init(b, rand.New(rand.NewPCG(1, 2)))) {
		most := 0.0
		for _, x := range tensors.MustCopyFlatData[float32](v.Value) {
			most = max(most, math.Abs(float64(x)))
		}
		bound := 0.0
		if strings.HasSuffix(v.Name, ".lora_A.weight") {
			bound = 1 / math.Sqrt(float64(v.Value.Shape().Dim(1)))
		}
		if most > bound || most < 0.9*bound {
			t.Errorf("the elements of %s must be up to ±%g, found %g", v.Name, bound, most)
		}
	}
	for _, v := range cases.Must(prompt.IA3{}.Init(b, nil)) {
		for _, x := range tensors.MustCopyFlatData[float32](v.Value) {
			if x != 1 {
				t.Fatalf("%s must start as 1, found %v", v.Name, x)
			}
		}
	}
	for _, bad := range []prompt.LoRA{{Alpha: 8}, {Rank: 8}, {Rank: -1, Alpha: 1}} {
		if _, err := bad.Init(b, rand.New(rand.NewPCG(1, 2))); err == nil {
			t.Errorf("%+v: no error", bad)
		}
	}
}

// What PEFT does not have is refused with the name of the method, and what it has is written.
func TestExportPEFTByMethod(t *testing.T) {
	b := cases.Backbone(t)
	for _, name := range prompt.Names() {
		method := cases.Must(prompt.Named(name))
		p := captured(t, b, method)
		_, input := method.(prompt.InputHook)
		_, weight := method.(prompt.WeightHook)
		_, adapter := method.(prompt.PEFTAdapter)
		switch err := p.ExportPEFT(filepath.Join(t.TempDir(), "adapter"), ""); {
		case (input || weight) && !adapter:
			if err == nil || !strings.Contains(err.Error(), name+" is more than vectors") {
				t.Errorf("%s: the error must say why PEFT cannot hold it, found %v", name, err)
			}
		case err != nil:
			t.Errorf("%s: %v", name, err)
		}
	}
}
