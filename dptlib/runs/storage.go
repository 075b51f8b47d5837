// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
)

// Check ensures that the folder can be written to, and that its file system has two atomic operations that several
// processes need, possibly on several machines: renaming a file onto another, and making a file if there is none. note
// is not empty if locks are files because flock(2) is missing. The error names the file and what to do.
func (f Folder) Check() (note string, err error) {
	kernel, err := f.hasFlock()
	if err == nil {
		err = f.renames()
	}
	if err != nil {
		return "", fmt.Errorf("%w; the folder of runs must be on a file system that can be written to and that "+
			"renames files: "+
			"choose another with --out", err)
	}
	if !kernel {
		note = fmt.Sprintf("%s: the file system has no flock between machines; runs are locked by files, "+
			"and those of a machine that died are free %v later", f.locks(), silence)
	}
	return note, nil
}

// renames tries to rename a file onto another.
func (f Folder) renames() error {
	from := filepath.Join(f.locks(), fmt.Sprintf(".from-%d", os.Getpid()))
	to := filepath.Join(f.locks(), fmt.Sprintf(".to-%d", os.Getpid()))
	defer os.Remove(from)
	defer os.Remove(to)
	err := errors.Join(os.WriteFile(to, []byte("old"), 0o644), os.WriteFile(from, []byte("new"), 0o644))
	if err != nil {
		return err
	}
	if err := os.Rename(from, to); err != nil {
		return err
	}
	if text, err := os.ReadFile(to); err != nil || string(text) != "new" {
		return fmt.Errorf("%s must be what was renamed onto it, found %q (%v)", to, text, err)
	}
	return nil
}

// flocks remembers which folders have flock(2): within a process all locks of a folder are of the same kind.
var flocks struct {
	sync.Mutex
	known map[Folder]bool
}

// hasFlock reports whether runs are locked with flock(2), and makes the folder for the locks.
func (f Folder) hasFlock() (bool, error) {
	flocks.Lock()
	defer flocks.Unlock()
	kernel, known := flocks.known[f]
	if err := os.MkdirAll(f.locks(), 0o755); known || err != nil {
		return kernel, err
	}
	file, err := os.CreateTemp(f.locks(), ".flock-*")
	if err != nil {
		return false, err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	err = flock(file)
	if err != nil && !slices.ContainsFunc(noFlock, func(no error) bool { return errors.Is(err, no) }) {
		return false, fmt.Errorf("locking %s: %w", file.Name(), err)
	}
	kernel = err == nil && !f.localLocks()
	if flocks.known == nil {
		flocks.known = map[Folder]bool{}
	}
	flocks.known[f] = kernel
	return kernel, nil
}

// noFlock are the errors by which file systems refuse to lock at all. NFS without its lock daemon gives ENOLCK, "no
// locks available".
var noFlock = []error{syscall.ENOLCK, syscall.ENOSYS, syscall.EOPNOTSUPP, syscall.ENOTSUP, syscall.EINVAL,
	syscall.EPERM}

// localLocks reports whether the folder's file system is shared by machines, but its locks are not.
func (f Folder) localLocks() bool {
	mounts, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return false
	}
	defer mounts.Close()
	path, err := filepath.Abs(string(f))
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	return err == nil && localLocks(mounts, path)
}

// localLocks reads a mountinfo, as proc(5) describes it, for the file system that a path is on. NFS and Lustre can be
// mounted so that flock(2) succeeds without locking out other machines.
func localLocks(mountinfo io.Reader, path string) (local bool) {
	longest := 0
	for lines := bufio.NewScanner(mountinfo); lines.Scan(); {
		before, after, _ := strings.Cut(lines.Text(), " - ")
		fields, system := strings.Fields(before), strings.Fields(after)
		if len(fields) < 5 || len(system) < 3 {
			continue
		}
		point := strings.ReplaceAll(fields[4], `\040`, " ")
		if inside, err := filepath.Rel(point, path); err != nil || !filepath.IsLocal(inside) || len(point) < longest {
			continue
		}
		longest = len(point) // of two mounts at one point the later is on top
		options := strings.Split(system[2], ",")
		has := func(names ...string) bool {
			return slices.ContainsFunc(names, func(name string) bool { return slices.Contains(options, name) })
		}
		local = strings.HasPrefix(system[0], "nfs") && has("nolock", "local_lock=all", "local_lock=flock") ||
			system[0] == "lustre" && has("localflock")
	}
	return local
}
