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
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"dpt/dptlib/pjrt"
	"dpt/dptlib/prompt"
	"dpt/t5"
)

// BenchConfig describes a benchmark of training steps.
type BenchConfig struct {
	Model      t5.Config     `json:"-"`      // for random weights
	Weighted   *t5.Model     `json:"-"`      // instead of these; may be nil
	Weights    dtypes.DType  `json:"-"`      // of the frozen model
	Group      int           `json:"group"`  // runs in one batch
	Batch      int           `json:"batch"`  // examples of each
	Source     int           `json:"source"` // text tokens; the prompt comes on top
	Target     int           `json:"target"`
	Prompt     int           `json:"prompt"`
	Bottleneck int           `json:"bottleneck"`
	Dropout    float64       `json:"dropout"`
	Steps      int           `json:"steps"` // the least number of calls that are timed
	Least      time.Duration `json:"-"`     // the least time that calls are timed for
	Forward    bool          `json:"-"`     // time the forward pass alone, too
	Decode     bool          `json:"-"`     // time greedy decoding, too
}

// BenchResult is the speed of training steps on random tokens.
type BenchResult struct {
	BenchConfig
	CompileSeconds float64 `json:"compile_s"` // building the step, and compiling it or loading it if it is kept
	FastestStep    float64 `json:"step_min_s"`
	MedianStep     float64 `json:"step_median_s"`
	StepsTimed     int     `json:"steps_timed"`
	FastestForward float64 `json:"forward_min_s,omitempty"` // from tokens to losses, the prompt and dropout included
	ExamplesPerSec float64 `json:"examples_per_s"`          // of the fastest step, of all runs
	DecodedPerSec  float64 `json:"decoded_per_s,omitempty"` // rows, decoded to the target's length
	StepFLOPs      float64 `json:"flops_per_step"`          // see TrainingFLOPs
	GFLOPsPerSec   float64 `json:"gflop_per_s"`             // of the fastest step
	// of a product of two square matrices of 2048 rows, 8192 on a device with memory of its own, in the weights' dtype;
	// the fastest of ten
	MatrixGFLOPs float64 `json:"matmul_gflop_per_s"`
	Utilisation  float64 `json:"utilisation"`            // GFLOPsPerSec / MatrixGFLOPs
	PeakRSSMiB   int     `json:"peak_rss_mib"`           // of the process, up to the last step
	PeakGPUMiB   int     `json:"peak_gpu_mib,omitempty"` // of the memory of a device that has its own, likewise
}

// Bench times whole training steps: forward, backward, AdamW, and fetching the losses.
func Bench(backend compute.Backend, c BenchConfig) (*BenchResult, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	m := c.Weighted
	if m == nil {
		var err error
		if m, err = t5.Random(backend, c.Model, c.Weights, 1); err != nil {
			return nil, err
		}
	}
	var members []Member
	var rates []float64
	for seed := range uint64(c.Group) {
		method := prompt.DPT{Length: c.Prompt, Bottleneck: c.Bottleneck, Start: prompt.Uniform}
		members = append(members, Member{Method: method, Optimizer: PaperAdamW, Seed: seed + 1})
		rates = append(rates, PaperRecipe.LearningRate)
	}
	trainer, err := NewTrainer(backend, prompt.Backbone{Model: m}, c.Dropout, members...)
	if err != nil {
		return nil, err
	}
	defer trainer.Close()
	batch := c.batch(m.VocabSize)
	step := func() error {
		_, _, err := trainer.Step(batch, rates...)
		return err
	}
	r := &BenchResult{BenchConfig: c}
	if r.CompileSeconds, err = seconds(trainer.program(batch)); err != nil {
		return nil, err
	}
	if err := step(); err != nil {
		return nil, err
	}
	times, err := c.time(step)
	if err != nil {
		return nil, err
	}
	r.FastestStep, r.MedianStep, r.StepsTimed = times[0], times[len(times)/2], len(times)
	r.PeakRSSMiB, r.PeakGPUMiB = PeakRSSMiB(), int(pjrt.PeakMemory(backend)>>20)
	examples := float64(c.Batch * c.Group)
	r.ExamplesPerSec = examples / r.FastestStep
	r.StepFLOPs = float64(c.Group) * TrainingFLOPs(m.Config, c.Batch, c.Prompt+c.Source, c.Target)
	r.GFLOPsPerSec = r.StepFLOPs / r.FastestStep / 1e9
	if c.Forward {
		if r.FastestForward, err = c.forward(backend, m, trainer, batch); err != nil {
			return nil, err
		}
	}
	if c.Decode {
		evaluator, err := NewEvaluator(backend, m, c.Batch, c.Target, trainer.methods...)
		if err != nil {
			return nil, err
		}
		defer evaluator.Close()
		times, err := c.time(func() error {
			_, err := evaluator.generator.Generate(batch.Inputs()[:2]...)
			return err
		})
		if err != nil {
			return nil, err
		}
		r.DecodedPerSec = examples / times[0]
	}
	if r.MatrixGFLOPs, err = matrixGFLOPs(backend, c.Weights); err != nil {
		return nil, err
	}
	r.Utilisation = r.GFLOPsPerSec / r.MatrixGFLOPs
	return r, nil
}

// forward returns the seconds of the fastest forward pass, from tokens to losses.
func (c BenchConfig) forward(backend compute.Backend, m *t5.Model, trainer *Trainer, batch *Batch) (float64, error) {
	exec, err := model.NewExec(backend, m.Store, func(_ *model.Scope, in []*Node) *Node {
		return trainer.losses(in[0], in[1], in[2], in[3])
	})
	if err != nil {
		return 0, err
	}
	defer exec.Finalize()
	inputs := append(batch.Inputs(), tensors.FromShape(shapes.Make(dtypes.Uint32, c.Group, 2)))
	times, err := c.time(func() error {
		losses, err := exec.Call1(inputs...)
		if err == nil {
			losses.Value() // waits for the device
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	return times[0], nil
}

// batch is random texts and targets for all runs, without padding.
func (c BenchConfig) batch(vocabulary int) *Batch {
	random, rows := rand.New(rand.NewPCG(1, 1)), c.Batch*c.Group
	tokens := func(n int) []int32 {
		ids := make([]int32, n)
		for i := range ids {
			ids[i] = 3 + random.Int32N(int32(vocabulary)-3)
		}
		return ids
	}
	return &Batch{
		Size: rows, Sources: tokens(rows * c.Source), Labels: tokens(rows * c.Target),
		Mask: slices.Repeat([]bool{true}, rows*c.Source),
	}
}

// time makes a call once, which may compile a program, and then as often as asked and as long. It returns the seconds
// of each but the first, in ascending order.
func (c BenchConfig) time(call func() error) (times []float64, err error) {
	if err := call(); err != nil {
		return nil, err
	}
	for start := time.Now(); len(times) < c.Steps || time.Since(start) < c.Least; {
		took, err := seconds(call)
		if err != nil {
			return nil, err
		}
		times = append(times, took)
	}
	slices.Sort(times)
	return times, nil
}

// seconds returns how long a call takes.
func seconds(call func() error) (float64, error) {
	start := time.Now()
	err := call()
	return time.Since(start).Seconds(), err
}

func (c BenchConfig) check() error {
	for _, n := range []struct {
		name               string
		value, least, most int
	}{
		{"batch", c.Batch, 1, maxBatchSize}, {"group", c.Group, 1, maxGroup}, {"source", c.Source, 1, MaxLength},
		{"target", c.Target, 1, MaxLength},
		{"prompt", c.Prompt, 1, MaxLength}, {"rank", c.Bottleneck, 1, MaxLength}, {"steps", c.Steps, 1, maxUpdates},
	} {
		if n.value < n.least || n.value > n.most {
			return fmt.Errorf("a benchmark's %s must be from %d to %d, found %d", n.name, n.least, n.most, n.value)
		}
	}
	return nil
}

// maxGroup is the most runs that a benchmark puts into one batch.
const maxGroup = 1024

// matrixGFLOPs measures what the device reaches on one large product.
func matrixGFLOPs(backend compute.Backend, dtype dtypes.DType) (float64, error) {
	n := 2048
	if !backend.HasSharedBuffers() { // what starts a kernel must not count
		n = 8192
	}
	fill, err := NewExec(backend, func(g *Graph) *Node {
		return ConvertDType(MulScalar(ConvertDType(IotaFull(g, shapes.Make(dtypes.Int32, n, n)), dtypes.Float32), 1e-6),
			dtype)
	})
	if err != nil {
		return 0, err
	}
	defer fill.Finalize()
	matrix, err := fill.Call1()
	if err != nil {
		return 0, err
	}
	product, err := NewExec(backend, func(a *Node) *Node {
		return ConvertDType(ReduceAllMax(Dot(a, a).WithAccumulatorDType(dtype).MatMul()), dtypes.Float32)
	})
	if err != nil {
		return 0, err
	}
	defer product.Finalize()
	fastest := 0.0
	for range 11 { // the first compiles
		took, err := seconds(func() error {
			largest, err := product.Call1(matrix)
			if err == nil {
				largest.Value() // waits for the device
			}
			return err
		})
		if err != nil {
			return 0, err
		}
		fastest = max(fastest, 2*float64(n)*float64(n)*float64(n)/took/1e9)
	}
	return fastest, nil
}
