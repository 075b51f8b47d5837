// SPDX-License-Identifier: Apache-2.0

package train

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"dpt/dptlib/prompt"
	"dpt/t5"
)

// BenchConfig describes a benchmark of training steps.
type BenchConfig struct {
	Model      t5.Config    `json:"-"`
	Weights    dtypes.DType `json:"-"`
	Batch      int          `json:"batch"`
	Source     int          `json:"source"` // text tokens; the prompt comes on top
	Target     int          `json:"target"`
	Prompt     int          `json:"prompt"`
	Bottleneck int          `json:"bottleneck"`
	Dropout    float64      `json:"dropout"`
	Steps      int          `json:"steps"`
}

// BenchResult is the speed of training steps on random tokens with random weights.
type BenchResult struct {
	BenchConfig
	CompileSeconds float64 `json:"compile_s"` // building and compiling the step, and its first run
	FastestStep    float64 `json:"step_min_s"`
	MedianStep     float64 `json:"step_median_s"`
	ExamplesPerSec float64 `json:"examples_per_s"` // of the fastest step
	StepFLOPs      float64 `json:"flops_per_step"` // see TrainingFLOPs
	GFLOPsPerSec   float64 `json:"gflop_per_s"`    // of the fastest step
	// of a float32 product of two 2048×2048 matrices, the fastest of ten
	MatrixGFLOPs float64 `json:"matmul_gflop_per_s"`
	Utilisation  float64 `json:"utilisation"` // GFLOPsPerSec / MatrixGFLOPs
	PeakRSSMiB   int     `json:"peak_rss_mib"`
}

// Bench times whole training steps: forward, backward, AdamW, and fetching the loss.
func Bench(backend compute.Backend, c BenchConfig) (*BenchResult, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	m, err := t5.Random(backend, c.Model, c.Weights, 1)
	if err != nil {
		return nil, err
	}
	method := prompt.DPT{Length: c.Prompt, Bottleneck: c.Bottleneck, Start: prompt.Uniform}
	trainer, err := NewTrainer(backend, prompt.Backbone{Model: m}, c.Dropout,
		Member{Method: method, Optimizer: PaperAdamW, Seed: 1})
	if err != nil {
		return nil, err
	}
	defer trainer.Close()
	random := rand.New(rand.NewPCG(1, 1))
	tokens := func(n int) []int32 {
		ids := make([]int32, n)
		for i := range ids {
			ids[i] = 3 + random.Int32N(int32(c.Model.VocabSize)-3)
		}
		return ids
	}
	batch := &Batch{
		Size: c.Batch, Sources: tokens(c.Batch * c.Source), Labels: tokens(c.Batch * c.Target),
		Mask: slices.Repeat([]bool{true}, c.Batch*c.Source),
	}
	step := func() (float64, error) {
		start := time.Now()
		_, _, err := trainer.Step(batch, PaperRecipe.LearningRate)
		return time.Since(start).Seconds(), err
	}
	r := &BenchResult{BenchConfig: c}
	if r.CompileSeconds, err = step(); err != nil {
		return nil, err
	}
	if _, err := step(); err != nil { // warm caches
		return nil, err
	}
	var times []float64
	for range c.Steps {
		seconds, err := step()
		if err != nil {
			return nil, err
		}
		times = append(times, seconds)
	}
	slices.Sort(times)
	r.FastestStep, r.MedianStep = times[0], times[len(times)/2]
	r.ExamplesPerSec = float64(c.Batch) / r.FastestStep
	r.StepFLOPs = TrainingFLOPs(c.Model, c.Batch, c.Prompt+c.Source, c.Target)
	r.GFLOPsPerSec = r.StepFLOPs / r.FastestStep / 1e9
	r.PeakRSSMiB = PeakRSSMiB()
	if r.MatrixGFLOPs, err = matrixGFLOPs(backend); err != nil {
		return nil, err
	}
	r.Utilisation = r.GFLOPsPerSec / r.MatrixGFLOPs
	return r, nil
}

func (c BenchConfig) check() error {
	for _, n := range []struct {
		name               string
		value, least, most int
	}{
		{"batch", c.Batch, 1, maxBatchSize}, {"source", c.Source, 1, MaxLength}, {"target", c.Target, 1, MaxLength},
		{"prompt", c.Prompt, 1, MaxLength}, {"rank", c.Bottleneck, 1, MaxLength}, {"steps", c.Steps, 1, maxUpdates},
	} {
		if n.value < n.least || n.value > n.most {
			return fmt.Errorf("a benchmark's %s must be from %d to %d, found %d", n.name, n.least, n.most, n.value)
		}
	}
	return nil
}

// matrixGFLOPs measures the device's speed on one large float32 product.
func matrixGFLOPs(backend compute.Backend) (float64, error) {
	const n = 2048
	fill, err := NewExec(backend, func(g *Graph) *Node {
		return MulScalar(ConvertDType(IotaFull(g, shapes.Make(dtypes.Int32, n, n)), dtypes.Float32), 1e-6)
	})
	if err != nil {
		return 0, err
	}
	defer fill.Finalize()
	matrix, err := fill.Call1()
	if err != nil {
		return 0, err
	}
	product, err := NewExec(backend, func(a *Node) *Node { return ReduceAllMax(MatMul(a, a)) })
	if err != nil {
		return 0, err
	}
	defer product.Finalize()
	fastest := 0.0
	for range 11 { // the first compiles
		start := time.Now()
		largest, err := product.Call1(matrix)
		if err != nil {
			return 0, err
		}
		largest.Value() // waits for the device
		fastest = max(fastest, 2*n*n*n/time.Since(start).Seconds()/1e9)
	}
	return fastest, nil
}
