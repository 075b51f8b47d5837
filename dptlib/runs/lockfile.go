// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"dpt/dptlib/train"
	"dpt/t5/modelfile"
)

// lockFile is the lock of one run, a file that also tells who trains the run and how far it is.
//
// If the file system has flock(2), a process has the lock while the kernel says so, and loses it when it ends, in any
// way. Otherwise the process that made the file has the lock as long as it writes to it: a lock whose process is dead
// or has been silent is taken over.
type lockFile struct {
	path string
	mark holder
	file *os.File // with flock(2); nil without
}

// holder is the content of a lock file.
type holder struct {
	Held       bool            `json:"held"`  // false after the run was interrupted
	Kernel     bool            `json:"flock"` // the kernel holds the lock
	Nonce      uint64          `json:"nonce"` // of the batch, telling its locks from others; never 0
	Process    Process         `json:"process"`
	Since      time.Time       `json:"since"`
	Experiment json.RawMessage `json:"experiment"`
	Progress   train.Progress  `json:"progress"`
}

const (
	// beat is the time between two writes to a lock file.
	beat = 5 * time.Second
	// silence is the time without a write to a lock file after which its process, on another machine, is presumed dead.
	// NFS may show a write half a minute late.
	silence = 2 * time.Minute
)

// flock locks a file for this process alone, or returns EWOULDBLOCK. Tests replace it by one that fails as on file
// systems that cannot lock.
var flock = func(file *os.File) error { return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }

// newHolder returns this process as the holder of a batch's locks.
func newHolder(kernel bool) holder {
	return holder{Held: true, Kernel: kernel, Nonce: rand.Uint64() | 1, Process: thisProcess(),
		Since: time.Now().UTC().Truncate(time.Second)}
}

// take takes a lock, or returns [ErrLocked].
func (h holder) take(path string, e Experiment) (*lockFile, error) {
	h.Experiment = json.RawMessage(e.Key())
	l := &lockFile{path: path, mark: h}
	if h.Kernel {
		return l, l.takeFlock()
	}
	return l, l.takeFile()
}

// takeFlock takes the lock with flock(2). The file that it locks must be the one that lies at the path afterwards:
// another process may have removed it, done with its run.
func (l *lockFile) takeFlock() error {
	for {
		file, err := os.OpenFile(l.path, os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			return err
		}
		for err = flock(file); errors.Is(err, syscall.EINTR); {
			err = flock(file)
		}
		if err != nil {
			file.Close()
			if errors.Is(err, syscall.EWOULDBLOCK) {
				return l.busy()
			}
			return fmt.Errorf("locking %s: %w", l.path, err)
		}
		locked, err := file.Stat()
		if err != nil {
			file.Close()
			return err
		}
		if there, err := os.Stat(l.path); err != nil || !os.SameFile(locked, there) {
			file.Close()
			continue
		}
		if other, written := readHolder(file); other.Nonce != 0 && !other.Kernel && other.active(written, time.Now()) {
			file.Close() // of a process on a machine that has no flock(2) here
			return l.busy()
		}
		l.file = file
		if err = l.write(); err != nil {
			file.Close()
		}
		return err
	}
}

// takeFile takes the lock by making its file, or takes over the lock of a dead process.
func (l *lockFile) takeFile() error {
	for {
		file, err := os.OpenFile(l.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err == nil {
			return errors.Join(file.Close(), l.write())
		}
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
		now, err := serverTime(filepath.Dir(l.path))
		if err != nil {
			return err
		}
		other, written := readLock(l.path)
		switch {
		case written.IsZero(): // was removed meanwhile
		case other.active(written, now):
			return l.busy()
		default:
			return l.takeOver()
		}
	}
}

// takeOver replaces another process's file by this one's. If several processes do so at once the last has the lock, so
// each looks again after a pause.
func (l *lockFile) takeOver() error {
	text, err := json.Marshal(l.mark)
	if err != nil {
		return err
	}
	next := fmt.Sprintf("%s.%x", l.path, l.mark.Nonce)
	if err := errors.Join(os.WriteFile(next, text, 0o644), os.Rename(next, l.path)); err != nil {
		os.Remove(next)
		return err
	}
	time.Sleep(200 * time.Millisecond)
	if !l.ours() {
		return l.busy()
	}
	return nil
}

// busy returns [ErrLocked] with the process that has the lock, if its file tells.
func (l *lockFile) busy() error {
	if other, _ := readLock(l.path); other.Process.Host != "" {
		return fmt.Errorf("%w: %v", ErrLocked, other.Process)
	}
	return ErrLocked
}

// ours reports whether the file says that this process has the lock.
func (l *lockFile) ours() bool {
	other, _ := readLock(l.path)
	return other.Nonce == l.mark.Nonce
}

// beat writes how far the run is. It returns false if another process has taken over the lock.
func (l *lockFile) beat(p train.Progress) bool {
	if l.file == nil && !l.ours() {
		return false
	}
	l.mark.Progress = p
	l.write() // an error shows as silence
	return true
}

// release releases the lock: it removes the file of a run that is done, and leaves the file of any other run as a note.
func (l *lockFile) release(done bool) {
	switch {
	case l.file == nil && !l.ours():
	case done:
		os.Remove(l.path)
	default:
		l.mark.Held = false
		l.write()
	}
	if l.file != nil {
		l.file.Close()
	}
}

// write writes the holder in place, since the kernel locks a file and not its name. It writes a single line, so that a
// simultaneous read gets it either whole or cut.
func (l *lockFile) write() error {
	text, err := json.Marshal(l.mark)
	if err != nil {
		return err
	}
	file := l.file
	if file == nil {
		if file, err = os.OpenFile(l.path, os.O_WRONLY, 0); err != nil {
			return err
		}
		defer file.Close() // makes NFS send it to the server
	}
	text = append(text, '\n')
	if _, err = file.WriteAt(text, 0); err == nil {
		err = file.Truncate(int64(len(text)))
	}
	return err
}

// active reports whether a process has the lock, judging by the content of its file and the time of the last write. A
// file without content is being written.
func (h holder) active(written, now time.Time) bool {
	if h.Process.here() {
		return h.Held && h.Process.alive()
	}
	return (h.Held || h.Nonce == 0) && now.Sub(written) < silence
}

// readLock reads a lock file; written is zero if there is none.
func readLock(path string) (h holder, written time.Time) {
	file, err := modelfile.Open(path)
	if err != nil {
		return h, written
	}
	defer file.Close()
	return readHolder(file)
}

const maxLock = 1 << 20 // bytes of a lock file that are read

func readHolder(file *os.File) (h holder, written time.Time) {
	info, err := file.Stat()
	if err != nil {
		return h, written
	}
	text, err := io.ReadAll(io.NewSectionReader(file, 0, maxLock))
	line, _, _ := bytes.Cut(text, []byte("\n"))
	if err != nil || json.Unmarshal(line, &h) != nil {
		h = holder{}
	}
	return h, info.ModTime()
}

// serverTime returns the time by the clock that stamps a folder's files, which on a shared file system is not this
// machine's.
func serverTime(dir string) (time.Time, error) {
	file, err := os.CreateTemp(dir, ".now-*")
	if err != nil {
		return time.Time{}, err
	}
	defer os.Remove(file.Name())
	info, err := file.Stat()
	return info.ModTime(), errors.Join(err, file.Close())
}
