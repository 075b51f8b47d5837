// SPDX-License-Identifier: Apache-2.0

// Dpt trains and evaluates soft prompts for T5 from the command line.
//
//	go run ./dptlib/cmd/dpt --help
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// cli lists the commands; each is a file of this package.
type cli struct {
	Train    trainCmd    `cmd:"" help:"Train a prompt on a SuperGLUE task and evaluate it after every epoch."`
	Sweep    sweepCmd    `cmd:"" help:"Make the runs of a list of experiments: those that have no record yet, many in one batch."`
	Figures  figuresCmd  `cmd:"" help:"Draw the figures and tables of the paper from stored records."`
	Verify   verifyCmd   `cmd:"" help:"Train a random sample of stored runs again, and compare."`
	Eval     evalCmd     `cmd:"" help:"Evaluate a trained prompt on a task's development split."`
	Fetch    fetchCmd    `cmd:"" help:"Download SuperGLUE, or a T5."`
	Predict  predictCmd  `cmd:"" help:"Answer rows or lines from standard input with a trained prompt, as they come."`
	Export   exportCmd   `cmd:"" help:"Write a trained prompt as a HuggingFace PEFT adapter."`
	Import   importCmd   `cmd:"" help:"Read a HuggingFace PEFT prompt-tuning adapter."`
	Data     dataCmd     `cmd:"" help:"Print what a folder of SuperGLUE files holds, beside the paper's Table 2."`
	Pretrain pretrainCmd `cmd:"" help:"Make one of the toy models from its seed."`
	Untuned  untunedCmd  `cmd:"" help:"Print what a model scores on toy SuperGLUE before any tuning."`
	Bench    benchCmd    `cmd:"" help:"Measure the speed of training steps, with random weights."`
	Version  versionCmd  `cmd:"" help:"Print the versions of this program, the plugin and the device."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	parsed := kong.Parse(&cli{},
		kong.Name("dpt"),
		kong.Description("Decomposed Prompt Tuning (Findings of EMNLP 2023): soft prompts P = A·B for a frozen T5, compiled by XLA."),
		kong.UsageOnError(),
		kong.BindTo(ctx, (*context.Context)(nil)))
	err := parsed.Run()
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "\ndpt: interrupted; the same command goes on from what is stored")
		os.Exit(130)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "dpt:", err)
		os.Exit(1)
	}
}
