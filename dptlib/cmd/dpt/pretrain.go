// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/schollz/progressbar/v3"

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

func (c *pretrainCmd) Run(ctx context.Context) error {
	if c.Print > 0 {
		return c.print()
	}
	recipe := pretrain.Standard
	recipe.Seed = c.Seed
	if c.Steps > 0 {
		recipe.Steps = c.Steps
	}
	config, err := toy.Config(c.Model)
	if err != nil {
		return err
	}
	backend, err := open()
	if err != nil {
		return err
	}
	dir := filepath.Join(c.Out, c.Model)
	fmt.Fprintf(os.Stderr, "%s: %d parameters, %d updates\n", c.Model, config.NumParameters(), recipe.Steps)
	m, err := pretrain.Run(ctx, backend, config, recipe, dir, pretrainBar(recipe.Steps))
	if err != nil {
		return err
	}
	fingerprint, err := m.Fingerprint()
	if err != nil {
		return err
	}
	fmt.Printf("%s in %s\nfingerprint: %s\n", c.Model, dir, fingerprint)
	return nil
}

func (c *pretrainCmd) print() error {
	stream, out := lookalike.NewStream(c.Seed, 0), bufio.NewWriter(os.Stdout)
	for i := range c.Print {
		t := stream.Next(float64(i) / float64(c.Print))
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\n", t.Kind, t.Task, t.Source, t.Target)
	}
	return out.Flush()
}

// pretrainBar shows progress on standard error, from the start: the first steps take long, since XLA compiles for them.
func pretrainBar(steps int) func(pretrain.Progress) {
	bar := progressbar.NewOptions(steps, progressbar.OptionSetWriter(os.Stderr), progressbar.OptionShowCount(), progressbar.OptionSetDescription("compiling"),
		progressbar.OptionSetPredictTime(false), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionOnCompletion(func() { fmt.Fprintln(os.Stderr) }))
	bar.RenderBlank()
	return func(p pretrain.Progress) {
		bar.Describe(fmt.Sprintf("loss %.3f, %.1f steps/s, %s left", p.Loss, p.StepsPerSec, p.Remaining.Round(time.Second)))
		bar.Set(p.Step)
	}
}
