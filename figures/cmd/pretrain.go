// SPDX-License-Identifier: Apache-2.0

package cmd

import (
	"bufio"
	"context"
	"fmt"
	"path/filepath"
	"time"

	"dpt/dptlib/pretrain"
	"dpt/superglue/lookalike"
	"dpt/t5/toy"
)

type pretrainCmd struct {
	Model string `arg:"" enum:"toy-s,toy-b,toy-l" help:"One of ${enum}."`
	Steps int    `default:"0" help:"Updates; 0 takes the embedded models'."`
	Seed  uint64 `default:"1"`
	Out   string `type:"path" placeholder:"DIR" default:"build/pretrain" help:"The model goes to a folder of its name here, with the loss log and a checkpoint that a run which was cut off goes on from."`
	Print int    `placeholder:"N" help:"Only print N texts of the mixture: kind, task, source and target, with tabs between."`
}

func (*pretrainCmd) resumes() {}

// Run pre-trains a model.
func (c *pretrainCmd) Run(ctx context.Context, s streams) error {
	if c.Print > 0 {
		return c.print(s)
	}
	recipe := pretrain.Standard(c.Model)
	recipe.Seed = c.Seed
	if c.Steps > 0 {
		recipe.Steps = c.Steps
	}
	config, err := toy.Config(c.Model)
	if err != nil {
		return err
	}
	backend, err := openBackend(ctx, s)
	if err != nil {
		return err
	}
	dir := filepath.Join(c.Out, c.Model)
	fmt.Fprintf(s.progress, "%s: %d parameters, %d updates\n", c.Model, config.NumParameters(), recipe.Steps)
	m, err := pretrain.Run(ctx, backend, config, recipe, dir, pretrainBar(s))
	if err != nil {
		return err
	}
	fingerprint, err := m.Fingerprint()
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s in %s\nfingerprint: %s\n", c.Model, dir, fingerprint)
	return nil
}

// print writes texts of the mixture.
func (c *pretrainCmd) print(s streams) error {
	stream, out := lookalike.NewStream(c.Seed, 0), bufio.NewWriter(s.out)
	for i := range c.Print {
		t := stream.Next(float64(i) / float64(c.Print))
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\n", t.Kind, t.Task, t.Source, t.Target)
	}
	return out.Flush()
}

// pretrainBar shows progress from the start: the first steps take long, since XLA compiles for them.
func pretrainBar(s streams) func(pretrain.Progress) {
	bar := newBar(s.progress)
	bar.set(0, "compiling")
	return func(p pretrain.Progress) {
		bar.set(float64(p.Step)/float64(p.Steps), fmt.Sprintf("step %d of %d, loss %.3f, %.1f steps/s, %s left",
			p.Step, p.Steps, p.Loss, p.StepsPerSec, p.Remaining.Round(time.Second)))
	}
}
