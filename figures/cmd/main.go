// SPDX-License-Identifier: Apache-2.0

// Package cmd is the dpt command. A program of your own that calls [Main] and imports the packages in which your
// methods, tasks and artefacts are registered is a dpt command that knows them:
//
//	package main
//
//	import (
//		"dpt/figures/cmd"
//
//		_ "example.com/mine/methods" // prompt.Register, superglue.Register, figures.Register
//	)
//
//	func main() { cmd.Main() }
package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"dpt/dptlib/pjrt"
)

// cli lists the commands; each is a file of this package.
type cli struct {
	Train    trainCmd    `cmd:"" help:"Train a prompt on a SuperGLUE task and evaluate it after every epoch."`
	Sweep    sweepCmd    `cmd:"" help:"Train the runs of a list of experiments: those that have no record yet."`
	Runs     runsCmd     `cmd:"" help:"List stored runs."`
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

// streams are where a command reads and writes: results go to out, all that is for a reader's eyes only to progress.
type streams struct {
	in            io.Reader
	out, progress io.Writer
}

// resumable is a command that goes on from what is stored when it is run again.
type resumable interface{ resumes() }

// Main runs the command line in os.Args, and ends the program with its exit status: 0, 1 after an error, and 130 if it
// was interrupted. It may start the program once more, with large pages of memory.
func Main() {
	pjrt.UseHugePages()
	ctx, stop := interruptible()
	defer stop()
	err := run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})
	os.Exit(status(err, os.Stderr))
}

// How long an interrupted command may take to end by itself. What it stores is there whole or not at all. A batch
// system sends SIGTERM, and SIGKILL when it has waited long enough itself; a terminal that is closed sends SIGHUP.
var grace = map[os.Signal]time.Duration{
	os.Interrupt: 2500 * time.Millisecond, syscall.SIGTERM: time.Minute, syscall.SIGHUP: time.Minute,
}

// signalled is the cause of a context's end by a signal.
type signalled struct{ os.Signal }

func (s signalled) Error() string { return s.String() }

// Is makes it the cancellation that it causes.
func (s signalled) Is(target error) bool { return target == context.Canceled }

// interruptible returns a context that ends with SIGINT, SIGTERM or SIGHUP. A command that has not ended after its time
// of grace is ended, and so is one that gets SIGINT, as by Ctrl-C, once more; SIGTERM can come twice at once, from a
// batch system and from its script.
func interruptible() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // nohup has it ignored
		signal.Notify(signals, syscall.SIGHUP)
	}
	go func() {
		first := <-signals
		cancel(signalled{first})
		late := time.After(grace[first])
		for again := os.Signal(nil); again != os.Interrupt; {
			select {
			case again = <-signals:
			case <-late:
				again = os.Interrupt
			}
		}
		fmt.Fprintln(os.Stderr, "\ndpt: interrupted")
		os.Exit(130)
	}()
	return ctx, func() { cancel(nil) }
}

// interruptedError says what an interrupted command has left.
type interruptedError struct{ goesOn bool }

func (e interruptedError) Error() string {
	if e.goesOn {
		return "interrupted; the same command goes on from what is stored"
	}
	return "interrupted"
}

// run parses and runs a command line.
func run(ctx context.Context, arguments []string, s streams) error {
	written := &results{Writer: s.out}
	s.out = written
	parser, err := kong.New(&cli{},
		kong.Name("dpt"),
		kong.Description("Decomposed Prompt Tuning (Findings of EMNLP 2023): soft prompts P = A·B for a frozen T5, "+
			"compiled by XLA."),
		kong.Writers(s.out, s.progress),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(s))
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(arguments)
	if err != nil {
		return fmt.Errorf("%w (see dpt --help)", err)
	}
	if err := checkGiven(parsed); err != nil {
		return err
	}
	if err = parsed.Run(); err == nil {
		err = written.err
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		_, goesOn := parsed.Selected().Target.Addr().Interface().(resumable)
		return interruptedError{goesOn}
	}
	return err
}

// status prints an error and returns the exit status that goes with it.
func status(err error, out io.Writer) int {
	if err == nil {
		return 0
	}
	fmt.Fprintln(out, "dpt:", err)
	if errors.As(err, new(interruptedError)) {
		return 130
	}
	return 1
}

// results is where results go. It keeps the first error: what could not be written must not pass for success.
type results struct {
	io.Writer
	err error
}

// Write implements [io.Writer].
func (r *results) Write(data []byte) (int, error) {
	n, err := r.Writer.Write(data)
	if r.err == nil && err != nil {
		r.err = fmt.Errorf("the results could not be written: %w", err)
	}
	return n, err
}

// onTerminal reports whether what is written is shown by a terminal.
func onTerminal(to io.Writer) bool {
	if r, ok := to.(*results); ok {
		to = r.Writer
	}
	file, ok := to.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
