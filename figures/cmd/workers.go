// SPDX-License-Identifier: Apache-2.0

package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"dpt/dptlib/pjrt"
	"dpt/dptlib/runs"
)

// workerFlags say how many processes train.
type workerFlags struct {
	Workers int `placeholder:"N" help:"Train in this many processes, on a machine of several GPUs; without it, one for each GPU that CUDA_VISIBLE_DEVICES or nvidia-smi lists, and on a CPU this process alone."`
	PerGPU  int `name:"per-gpu" default:"1" placeholder:"K" help:"Processes to a GPU, which share its memory."`
}

// maxWorkers is more processes than a machine, or tasks than a cluster, has use for.
const maxWorkers = 1024

// workers returns the number of processes that are to train here.
func (f workerFlags) workers() int {
	if f.Workers > 0 {
		return f.Workers
	}
	return max(1, len(pjrt.VisibleGPUs())*f.PerGPU)
}

// environment is a worker's: a GPU of its own, or a part of one, or a share of the processors.
func (f workerFlags) environment(worker, of int, gpus []pjrt.GPU) []string {
	if len(gpus) == 0 {
		return append(os.Environ(), fmt.Sprintf("GOMAXPROCS=%d", max(1, runtime.GOMAXPROCS(0)/of)))
	}
	env := append(os.Environ(), "CUDA_VISIBLE_DEVICES="+gpus[worker%len(gpus)].ID)
	backend := os.Getenv("GOMLX_BACKEND")
	if together := (of + len(gpus) - 1) / len(gpus); together > 1 && !strings.Contains(backend, "memory_fraction") {
		if backend == "" || backend == "xla" {
			backend = "xla:cuda"
		}
		env = append(env, fmt.Sprintf("GOMLX_BACKEND=%s,memory_fraction=%.3f", backend, 0.9/float64(together)))
	}
	return env
}

// hardware returns the hardware that a worker computes on.
func (f workerFlags) hardware(of int, gpus []pjrt.GPU) runs.Hardware {
	if len(gpus) == 0 {
		return runs.Hardware{}
	}
	together := (of + len(gpus) - 1) / len(gpus)
	return runs.Hardware{GPU: true, Memory: float64(gpus[0].Memory) / float64(together)}
}

// parallel cuts the sweep into shares and trains them in processes of their own. This process opens neither model nor
// device.
func (c *sweepCmd) parallel(ctx context.Context, s streams, experiments []runs.Experiment) error {
	n := c.workers()
	folder := runs.Folder(c.Out)
	note, err := folder.Check()
	if err != nil {
		return err
	}
	if note != "" {
		fmt.Fprintln(s.progress, "dpt:", note)
	}
	outline := new(runs.Library).Outline(experiments, c.hardware(n, pjrt.VisibleGPUs()), c.Group)
	for _, refused := range outline.Refused {
		fmt.Fprintln(s.progress, "dpt:", refused)
	}
	shares, err := folder.Cut(outline, n, retryFrom(c.Retry))
	if err != nil {
		return err
	}
	if len(shares.Shares) > 0 {
		path, err := shares.Write(folder)
		if err != nil {
			return err
		}
		errs, err := c.supervise(ctx, s, shares, path, 0, n)
		if err != nil {
			return err
		}
		for _, err := range errs {
			fmt.Fprintln(s.progress, "dpt:", err)
		}
	}
	if err := c.slim(); err != nil {
		return err
	}
	status, err := runs.NewWatch(folder, experiments).Status()
	if err != nil {
		return err
	}
	done := status.Done + len(status.Failures)
	fmt.Fprintf(s.out, "%d of %d runs have a record in %s\n", done, status.Runs, c.Out)
	return left(s, status.Failures, len(outline.Refused), status.Runs-done)
}

// supervise runs a worker for each of some shares, shows how far they are, and waits for all. When ctx ends they get
// the signal that this process got. A worker that ends early is an error in errs: others take over what it leaves.
func (c *sweepCmd) supervise(ctx context.Context, s streams, shares *runs.Shares, path string, first,
	n int) (errs []error, err error) {
	own, err := os.Executable()
	if err != nil {
		return nil, err
	}
	gpus, out := pjrt.VisibleGPUs(), &lines{to: s.progress}
	errs = make([]error, max(0, min(n, len(shares.Shares)-first)))
	var all sync.WaitGroup
	for i := range errs {
		worker := exec.CommandContext(ctx, own, c.arguments(path, first+i)...)
		worker.Env = c.environment(i, n, gpus)
		worker.Stdout = &prefixed{lines: out, prefix: fmt.Sprintf("worker %d: ", i)}
		worker.Stderr = worker.Stdout
		worker.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a terminal's Ctrl-C reaches it through this process
		worker.Cancel = func() error { return stop(ctx, worker.Process) }
		alive, err := worker.StdinPipe() // closed when this process ends, however it ends
		if err == nil {
			err = worker.Start()
		}
		if err != nil {
			errs[i] = err
			continue
		}
		all.Go(func() {
			defer alive.Close()
			if err := worker.Wait(); err != nil && ctx.Err() == nil {
				errs[i] = fmt.Errorf("worker %d: %w", i, err)
			}
		})
	}
	ended := make(chan struct{})
	go func() { all.Wait(); close(ended) }()
	c.show(s, shares, ended)
	return slices.DeleteFunc(errs, func(err error) bool { return err == nil }), ctx.Err()
}

// stop gives a worker the signal that ended ctx, and ends it before this process must end.
func stop(ctx context.Context, worker *os.Process) error {
	signal := os.Signal(syscall.SIGTERM)
	if by := (signalled{}); errors.As(context.Cause(ctx), &by) {
		signal = by.Signal
	}
	time.AfterFunc(grace[signal]-200*time.Millisecond, func() { worker.Kill() })
	return worker.Signal(signal)
}

// arguments are a worker's.
func (c *sweepCmd) arguments(path string, share int) []string {
	list := []string{"sweep", path, "--out", c.Out, "--share", strconv.Itoa(share), "--workers", "1", "--worker",
		"--checkpoint", c.Checkpoint.String()}
	if c.Retry {
		list = append(list, "--retry")
	}
	return list
}

// show shows how far the sweep is, until its processes have ended.
func (c *sweepCmd) show(s streams, shares *runs.Shares, ended <-chan struct{}) {
	bar, start, before := newBar(s.progress), time.Now(), -1.0
	watch := runs.NewWatch(runs.Folder(c.Out), shares.Experiments())
	watch.Weigh(shares.Groups)
	for tick := time.Tick(2 * time.Second); ; {
		select {
		case <-ended:
			return
		case <-tick:
		}
		status, err := watch.Status()
		if err != nil {
			continue // the next one may do better
		}
		if before < 0 {
			before = status.Share
		}
		text := status.Summary()
		if gained := status.Share - before; gained > 0 {
			text += fmt.Sprintf("; about %v left",
				time.Duration(float64(time.Since(start))*(1-status.Share)/gained).Round(time.Second))
		}
		bar.set(status.Share, text)
	}
}

// lines passes on what workers print, line by line.
type lines struct {
	mutex sync.Mutex
	to    io.Writer
}

// prefixed is one worker's output.
type prefixed struct {
	*lines
	prefix string
	rest   []byte // of a line
}

// Write implements [io.Writer].
func (p *prefixed) Write(text []byte) (int, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.rest = append(p.rest, text...)
	for {
		line, rest, whole := bytes.Cut(p.rest, []byte("\n"))
		if !whole {
			return len(text), nil
		}
		fmt.Fprintf(p.to, "%s%s\n", p.prefix, line)
		p.rest = rest
	}
}
