// SPDX-License-Identifier: Apache-2.0

package cmd

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/gomlx/compute/dtypes"

	"dpt/dptlib/pjrt"
	"dpt/dptlib/runs"
	"dpt/dptlib/train"
	"dpt/t5"
)

type benchCmd struct {
	Model     string        `placeholder:"DIR" help:"Instead of random weights, those of a model: a folder as HuggingFace stores it, a name that was fetched, or toy-l, toy-b or toy-s."`
	Size      string        `enum:",small,base,large" default:"" placeholder:"SIZE" help:"T5 v1.0's shape: small, base or large; small if there is no model either."`
	Batch     int           `default:"16"`
	Source    int           `default:"156" help:"Text tokens; the prompt comes on top."`
	Target    int           `default:"4"`
	Prompt    int           `default:"100"`
	Rank      int           `default:"10" help:"Rank of the prompt."`
	Dropout   float64       `default:"0.1"`
	Precision string        `enum:"float32,bfloat16" default:"float32" help:"Of the frozen weights: ${enum}."`
	Group     []int         `default:"1" placeholder:"K" help:"Runs trained in one batch, each on as many examples; each number is measured."`
	Steps     int           `default:"6" help:"Steps timed, after two that are not."`
	Least     time.Duration `default:"0s" placeholder:"T" help:"Time more steps than that, until this much time has passed."`
	Forward   bool          `help:"Time the forward pass alone, too."`
	Decode    bool          `help:"Time greedy decoding, too: rows decoded to the target's length."`
	JSON      bool          `help:"Print one line of JSON."`
}

// Run times training steps.
func (c *benchCmd) Run(ctx context.Context, s streams) error {
	if c.Model != "" && c.Size != "" {
		return fmt.Errorf("--model has a size of its own: leave out --size, found %q", c.Size)
	}
	if c.Model == "" {
		c.Size = cmp.Or(c.Size, "small")
	}
	backend, err := openBackend(ctx, s)
	if err != nil {
		return err
	}
	config := train.BenchConfig{
		Model:   map[string]t5.Config{"small": t5.Small, "base": t5.Base, "large": t5.Large}[c.Size],
		Weights: map[string]dtypes.DType{"float32": dtypes.Float32, "bfloat16": dtypes.BFloat16}[c.Precision],
		Batch:   c.Batch, Source: c.Source, Target: c.Target, Prompt: c.Prompt, Bottleneck: c.Rank,
		Dropout: c.Dropout, Steps: c.Steps, Least: c.Least,
		Forward: c.Forward, Decode: c.Decode,
	}
	name := "T5-" + c.Size
	if c.Model != "" {
		l := newLibrary(backend, s)
		m, err := l.Model(runs.ModelRef{Name: c.Model, Precision: c.Precision})
		if err != nil {
			return err
		}
		config.Weighted, name = m.Model, c.Model
	}
	for _, config.Group = range c.Group {
		result, err := train.Bench(backend, config)
		if err != nil {
			return err
		}
		if err := c.print(s, name, pjrt.DeviceOf(backend), result); err != nil {
			return err
		}
	}
	return nil
}

func (c *benchCmd) print(s streams, name string, device pjrt.Device, result *train.BenchResult) error {
	if c.JSON {
		return printJSON(s, struct {
			Engine    string      `json:"engine"`
			Model     string      `json:"model,omitempty"`
			Size      string      `json:"size,omitempty"`
			Precision string      `json:"precision"`
			Device    pjrt.Device `json:"device"`
			*train.BenchResult
		}{"dpt", c.Model, c.Size, c.Precision, device, result})
	}
	fmt.Fprintf(s.out, "%s, %s, batch %d of %d+%d source and %d target tokens, dropout %g\n", name, c.Precision,
		c.Batch*result.Group, c.Prompt, c.Source, c.Target, c.Dropout)
	fmt.Fprintf(s.out, "  step         %.3f s fastest, %.3f s median of %d; %.1f s to compile or load\n",
		result.FastestStep, result.MedianStep, result.StepsTimed, result.CompileSeconds)
	if c.Forward {
		fmt.Fprintf(s.out, "  forward      %.3f s fastest\n", result.FastestForward)
	}
	fmt.Fprintf(s.out, "  examples/s   %.2f\n", result.ExamplesPerSec)
	if c.Decode {
		fmt.Fprintf(s.out, "  decoded/s    %.1f rows\n", result.DecodedPerSec)
	}
	fmt.Fprintf(s.out, "  GFLOP/s      %.0f of %.0f that one large matrix product reaches (%.0f %%); %.1f GFLOP a "+
		"step\n", result.GFLOPsPerSec, result.MatrixGFLOPs, 100*result.Utilisation, result.StepFLOPs/1e9)
	fmt.Fprintf(s.out, "  peak memory  %d MiB\n", result.PeakRSSMiB)
	if result.PeakGPUMiB > 0 {
		fmt.Fprintf(s.out, "  on the GPU   %d MiB\n", result.PeakGPUMiB)
	}
	return nil
}
