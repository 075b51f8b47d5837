// SPDX-License-Identifier: Apache-2.0

package train

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"dpt/dptlib/internal/cases"
	"dpt/dptlib/prompt"
	"dpt/t5"
	"dpt/t5/safetensors"
)

// sharedCases lists the folders of the shared reference data that match pattern and hold a case.
func sharedCases(t *testing.T, pattern string) []string {
	t.Helper()
	found := cases.Must(filepath.Glob(cases.Shared(t, "fixtures", pattern, "case.json")))
	for i := range found {
		found[i] = filepath.Dir(found[i])
	}
	return found
}

// referenceCase holds the results of another program, and the settings that it used.
type referenceCase struct {
	LearningRate float64    `json:"lr"`
	Warmup       int        `json:"warmup_steps"`
	Total        int        `json:"total_steps"`
	Steps        int        `json:"steps"`
	Parameters   int        `json:"parameters"`
	PromptLength int        `json:"prompt_len"`
	Bottleneck   int        `json:"bottleneck"`
	WeightDecay  float64    `json:"weight_decay"`
	Betas        [2]float64 `json:"betas"`
	Epsilon      float64    `json:"eps"`
	ClipNorm     float64    `json:"clip_norm"`

	// Noise is how far the reference itself moves, relatively, when its weights get noise of 1e-7: at the edge of a
	// ReLU much further than that.
	Noise struct{ Norms, Variables, Losses float64 } `json:"noise"`

	file *safetensors.File
}

func openCase(t *testing.T, dir string) *referenceCase {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "case.json"))
	if err != nil {
		t.Fatal(err)
	}
	c := &referenceCase{}
	if err := json.Unmarshal(data, c); err != nil {
		t.Fatal(err)
	}
	if c.file, err = safetensors.Open(filepath.Join(dir, "case.safetensors")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.file.Close() })
	return c
}

func (c *referenceCase) optimizer() AdamW {
	return AdamW{c.Betas[0], c.Betas[1], c.Epsilon, c.WeightDecay, c.ClipNorm}
}

func (c *referenceCase) schedule() Schedule {
	return Schedule{c.LearningRate, c.Warmup, c.Total, LinearDecay}
}

func (c *referenceCase) tensor(t *testing.T, name string) *tensors.Tensor {
	t.Helper()
	from, ok := c.file.Tensor(name)
	if !ok {
		t.Fatalf("%s has no tensor %q", c.file.Path, name)
	}
	dtype := map[safetensors.DType]dtypes.DType{safetensors.Float32: dtypes.Float32,
		safetensors.Int32: dtypes.Int32}[from.DType]
	value, err := tensors.FromRaw(nil, 0, shapes.Make(dtype, from.Shape...), from.Data)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func (c *referenceCase) floats(t *testing.T, name string) []float32 {
	t.Helper()
	return tensors.MustCopyFlatData[float32](c.tensor(t, name))
}

// TestReferenceOptimizer gives AdamW the reference's gradients and compares every update, within 1e-5, with PyTorch's.
func TestReferenceOptimizer(t *testing.T) {
	found := sharedCases(t, "optimizer/*")
	for _, dir := range found {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			c := openCase(t, dir)
			checkOptimizer(t, c)
		})
	}
	t.Logf("%d reference cases ran", len(found))
}

func checkOptimizer(t *testing.T, c *referenceCase) {
	store := model.NewStore()
	var parameters []Trainable
	for i := range c.Parameters {
		v, err := store.RootScope().CreateVariable(fmt.Sprintf("p%d", i), c.tensor(t, fmt.Sprintf("p%d_0", i)))
		if err != nil {
			t.Fatal(err)
		}
		parameters = append(parameters, Trainable{v, 1})
	}
	optimizer, schedule := c.optimizer(), c.schedule()
	exec, err := model.NewExec(cases.Backend(t), store, func(scope *model.Scope, in []*Node) []*Node {
		return []*Node{optimizer.Update(scope, parameters, in[1:], in[0])}
	})
	if err != nil {
		t.Fatal(err)
	}
	norms, rates := c.floats(t, "grad_norms"), c.floats(t, "lrs")
	for k := 1; k <= c.Steps; k++ {
		rate := schedule.At(k - 1)
		if !(math.Abs(rate-float64(rates[k-1])) <= 1e-6*c.LearningRate) {
			t.Errorf("update %d: learning rate %v, reference has %v", k, rate, rates[k-1])
		}
		inputs := []any{optimizer.Rates(rate, k)}
		for i := range parameters {
			inputs = append(inputs, c.tensor(t, fmt.Sprintf("g%d_%d", i, k)))
		}
		out, err := exec.Call(inputs...)
		if err != nil {
			t.Fatalf("%+v", err)
		}
		if norm := float64(tensors.ToScalar[float32](out[0])); !(math.Abs(norm/float64(norms[k-1])-1) <= 1e-5) {
			t.Errorf("update %d: gradient norm %v, reference has %v", k, norm, norms[k-1])
		}
		for i, p := range parameters {
			value, err := p.Value()
			if err != nil {
				t.Fatal(err)
			}
			difference, _ := cases.Differs(tensors.MustCopyFlatData[float32](value),
				c.floats(t, fmt.Sprintf("p%d_%d", i, k)))
			if difference > 1e-5 {
				t.Errorf("update %d: parameter %d differs by %.2g, may by 1e-5", k, i, difference)
			}
		}
	}
}

// TestReferenceTraining runs the trainer from the reference's A and B on its batch, alone and as the middle one of a
// group of three runs, and compares losses, learning rates, gradient norms and the final factors, within 1e-4 of each
// one's largest magnitude, with a float64 PyTorch program's.
func TestReferenceTraining(t *testing.T) {
	found := sharedCases(t, "t5/*")
	for _, dir := range found {
		t.Run(filepath.Base(dir), func(t *testing.T) { checkTraining(t, dir) })
	}
	t.Logf("%d reference cases ran, each alone and in a group", len(found))
}

func checkTraining(t *testing.T, dir string) {
	c := openCase(t, dir)
	m, err := t5.Load(cases.Backend(t), dir, dtypes.Float32)
	if err != nil {
		t.Fatal(err)
	}
	reference := Member{Method: prompt.DPT{Length: c.PromptLength, Bottleneck: c.Bottleneck, Start: prompt.Uniform},
		Optimizer: c.optimizer(), Seed: 1}
	others := [2]Member{
		{Method: prompt.PT{Length: c.PromptLength + 3, Start: prompt.Frequent}, Optimizer: PaperAdamW, Seed: 2},
		{Method: prompt.DPT{Length: 2, Bottleneck: c.Bottleneck + 1, Start: prompt.Gaussian}, Optimizer: c.optimizer(),
			Seed: 3},
	}
	t.Run("alone", func(t *testing.T) { c.checkMember(t, m, 0, reference) })
	t.Run("in a group", func(t *testing.T) { c.checkMember(t, m, 1, others[0], reference, others[1]) })
}

// checkMember trains the members on the reference's batch, and compares one of them.
func (c *referenceCase) checkMember(t *testing.T, m *t5.Model, which int, members ...Member) {
	trainer, err := NewTrainer(cases.Backend(t), prompt.Backbone{Model: m}, 0, members...)
	if err != nil {
		t.Fatal(err)
	}
	defer trainer.Close()
	factor := func(name string) *model.Variable { return trainer.methods[which].Scope().GetVariable(name) }
	for _, name := range []string{"A", "B"} {
		if err := factor(name).SetValue(c.tensor(t, name)); err != nil {
			t.Fatal(err)
		}
	}
	got := map[string][]float32{}
	for k := range c.Steps {
		rate := c.schedule().At(k)
		losses, norms, err := trainer.Step(c.batch(t, len(members)), slices.Repeat([]float64{rate}, len(members))...)
		if err != nil {
			t.Fatalf("%+v", err)
		}
		got["train_losses"] = append(got["train_losses"], losses[which])
		got["train_grad_norms"] = append(got["train_grad_norms"], norms[which])
		got["train_lrs"] = append(got["train_lrs"], float32(rate))
	}
	for _, name := range []string{"A", "B"} {
		value, err := factor(name).Value()
		if err != nil {
			t.Fatal(err)
		}
		got["train_"+name] = tensors.MustCopyFlatData[float32](value)
	}
	for name, values := range got {
		difference, magnitude := cases.Differs(values, c.floats(t, name))
		t.Logf("%s relative error %.1e", name+strings.Repeat(" ", 16-len(name)), difference/magnitude)
		noise := map[string]float64{"train_losses": c.Noise.Losses, "train_grad_norms": c.Noise.Norms,
			"train_A": c.Noise.Variables, "train_B": c.Noise.Variables}
		if bound := max(1e-4, 3*noise[name]); !(difference <= bound*magnitude) {
			t.Errorf("%s: differs by %.3g, may by %.3g of %.3g", name, difference, bound, magnitude)
		}
	}
}

// batch is the reference's, once for each of k runs.
func (c *referenceCase) batch(t *testing.T, k int) *Batch {
	sources := tensors.MustCopyFlatData[int32](c.tensor(t, "input_ids"))
	labels := tensors.MustCopyFlatData[int32](c.tensor(t, "labels"))
	var mask []bool
	for _, visible := range tensors.MustCopyFlatData[int32](c.tensor(t, "attention_mask")) {
		mask = append(mask, visible != 0)
	}
	return &Batch{
		Size:    k * c.tensor(t, "labels").Shape().Dim(0),
		Sources: slices.Repeat(sources, k), Labels: slices.Repeat(labels, k), Mask: slices.Repeat(mask, k),
	}
}
