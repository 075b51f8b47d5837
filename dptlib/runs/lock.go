// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"dpt/dptlib/train"
)

// ErrLocked is returned if another process trains a run.
var ErrLocked = errors.New("another process trains one of the runs")

// locks holds the locks of a group's runs. Until they are released, they are held and tell how far the group is.
type locks struct {
	files    []*lockFile
	mutex    sync.Mutex
	progress train.Progress
	stop     func()
}

// lock keeps other processes from making the same runs. If another process makes one of them, it waits, or returns
// [ErrLocked]. The context that it returns ends, with ErrLocked as its cause, if another process takes over a lock.
func (f Folder) lock(ctx context.Context, jobs []*Job, wait bool) (*locks, context.Context, error) {
	kernel, err := f.hasFlock()
	if err != nil {
		return nil, nil, err
	}
	held, holder := &locks{}, newHolder(kernel)
	order := slices.SortedFunc(slices.Values(jobs), func(a, b *Job) int { return strings.Compare(a.ID, b.ID) })
	for _, job := range order { // in one order, so that no two wait for each other
		file, err := f.await(ctx, holder, job, wait)
		if err != nil {
			held.close(false)
			return nil, nil, err
		}
		held.files = append(held.files, file)
	}
	ctx, lost := context.WithCancelCause(ctx)
	done := make(chan struct{})
	var beating sync.WaitGroup
	beating.Go(func() { held.beat(done, lost) })
	held.stop = func() {
		close(done)
		beating.Wait()
		lost(nil)
	}
	return held, ctx, nil
}

// await takes a run's lock; if it is to wait, it does so as soon as the lock is free.
func (f Folder) await(ctx context.Context, h holder, job *Job, wait bool) (*lockFile, error) {
	for {
		file, err := h.take(filepath.Join(f.locks(), job.ID), job.Experiment)
		if !wait || !errors.Is(err, ErrLocked) {
			return file, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// locks returns the folder of lock files.
func (f Folder) locks() string { return filepath.Join(string(f), ".locks") }

// report notes how far the group is.
func (l *locks) report(p train.Progress) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.progress = p
}

// beat writes to the lock files now and then, until it is done or a lock is lost.
func (l *locks) beat(done <-chan struct{}, lost context.CancelCauseFunc) {
	first := time.After(time.Second) // toy runs take seconds
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-first:
		case <-tick.C:
		}
		l.mutex.Lock()
		p := l.progress
		l.mutex.Unlock()
		for _, file := range l.files {
			if !file.beat(p) {
				lost(file.busy())
				return
			}
		}
	}
}

// release releases the locks of runs that are done or were interrupted.
func (l *locks) release(done bool) {
	l.stop()
	l.close(done)
}

func (l *locks) close(done bool) {
	for _, file := range l.files {
		file.mark.Progress = l.progress
		file.release(done)
	}
}
