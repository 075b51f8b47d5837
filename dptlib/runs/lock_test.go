// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"dpt/dptlib/internal/cases"
	"dpt/dptlib/prompt"
	"dpt/dptlib/train"
)

// without puts a file system in the place of the folders' that answers flock(2) with an error.
func without(t *testing.T, err error) {
	t.Helper()
	had := flock
	flock = func(*os.File) error { return err }
	t.Cleanup(func() { flock = had })
}

// lockCase is a path for a lock, of each kind.
func lockCase(t *testing.T) (path string, e Experiment) {
	folder := Folder(t.TempDir())
	if err := os.Mkdir(folder.locks(), 0o755); err != nil {
		t.Fatal(err)
	}
	e = Experiment{Model: "toy-s", Data: "toy", Text: Text{Task: "CB", MaxSource: 256}}
	e.Method, e.Recipe = prompt.Spec{Method: small}, train.PaperRecipe
	return filepath.Join(folder.locks(), "0123456789abcdef"), e
}

// TestLock: a lock of either kind is held against all others, who are told by whom, until it is released or its process
// ends.
func TestLock(t *testing.T) {
	for _, kernel := range []bool{true, false} {
		path, e := lockCase(t)
		held := cases.Must(newHolder(kernel).take(path, e))
		for _, other := range []bool{true, false} { // machines can differ
			if _, err := newHolder(other).take(path, e); !errors.Is(err, ErrLocked) ||
				!strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) {
				t.Errorf("flock %v, then %v: it must be locked by this process, found %v", kernel, other, err)
			}
		}
		if !held.beat(train.Progress{Update: 3, Updates: 9}) {
			t.Errorf("flock %v: the lock was lost", kernel)
		}
		if h, _ := readLock(path); h.Progress.Update != 3 || h.Process != thisProcess() ||
			string(h.Experiment) != e.Key() {
			t.Errorf("flock %v: the lock says %+v", kernel, h)
		}
		held.release(false)
		if h, _ := readLock(path); h.Held || h.Progress.Update != 3 {
			t.Errorf("flock %v: an interrupted run leaves how far it was, found %+v", kernel, h)
		}
		held = cases.Must(newHolder(kernel).take(path, e))
		held.release(true)
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("flock %v: a run that is done leaves no lock, found %v", kernel, err)
		}
	}
}

// TestLockOfOthers: without flock a lock of this machine is free when its process has ended, and one of another machine
// when it has been silent; whoever was taken over notices.
func TestLockOfOthers(t *testing.T) {
	path, e := lockCase(t)
	ended := exec.Command("true")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	leave := func(p Process, age time.Duration) *lockFile {
		os.Remove(path)
		h := newHolder(false)
		h.Process = p
		l := &lockFile{path: path, mark: h}
		then := time.Now().Add(-age)
		if err := errors.Join(os.WriteFile(path, nil, 0o644), l.write(), os.Chtimes(path, then, then)); err != nil {
			t.Fatal(err)
		}
		return l
	}
	own := thisProcess()
	dead, reused, elsewhere := own, own, own
	dead.PID = ended.Process.Pid
	reused.Start = "1"
	elsewhere.Host, elsewhere.Boot = "node7", "another"
	for name, c := range map[string]struct {
		by   Process
		age  time.Duration
		free bool
	}{
		"this process": {own, time.Hour, false}, "a dead one": {dead, 0, true},
		"a dead one's number": {reused, 0, true},
		"another machine's":   {elsewhere, silence / 2, false}, "a silent machine's": {elsewhere, 2 * silence, true},
	} {
		before := leave(c.by, c.age)
		l, err := newHolder(false).take(path, e)
		if free := err == nil; free != c.free || !free && !strings.Contains(err.Error(), c.by.Host) {
			t.Errorf("%s: free %v, found %v", name, c.free, err)
		}
		if c.free && (before.beat(train.Progress{}) || !l.beat(train.Progress{})) {
			t.Errorf("%s: the former holder must have lost the lock, and the new one have it", name)
		}
		if before.release(true); c.free && !l.ours() {
			t.Errorf("%s: the former holder removed the lock of the new one", name)
		}
	}
	if err := os.WriteFile(path, nil, 0o644); err != nil { // being written
		t.Fatal(err)
	}
	if _, err := newHolder(false).take(path, e); !errors.Is(err, ErrLocked) {
		t.Errorf("a lock that is being written is held, found %v", err)
	}
}

// TestManyLockers: of processes that take one lock by turns, and are killed while they hold it, never two hold it at
// once.
func TestManyLockers(t *testing.T) {
	const processes, turns = 4, 8
	temporary := t.TempDir() // of the processes, which cannot remove what they made
	for _, kind := range []string{"flock", "file"} {
		path, _ := lockCase(t)
		var all sync.WaitGroup
		for range processes {
			all.Go(func() {
				for left := turns; left > 0; {
					holder := exec.Command(os.Args[0], "-test.run=^TestHolder$", "-test.v")
					holder.Env = append(os.Environ(), "DPT_HOLDER="+kind+" "+path, "TMPDIR="+temporary)
					out := cases.Must(holder.StdoutPipe())
					if err := holder.Start(); err != nil {
						panic(err)
					}
					// killed when it holds the lock for the fourth time
					n := 0
					for lines := bufio.NewScanner(out); n < 4 && lines.Scan(); {
						if lines.Text() == "holds" {
							left, n = left-1, n+1
						} else if strings.HasPrefix(lines.Text(), "violated") {
							t.Errorf("%s: %s", kind, lines.Text())
						}
					}
					holder.Process.Kill()
					holder.Wait()
					if n < 4 {
						t.Errorf("%s: a process ended by itself after it held the lock %d times", kind, n)
						return
					}
				}
			})
		}
		all.Wait()
	}
}

// TestHolder is a process of TestManyLockers: while it holds the lock nobody else may write what it reads.
func TestHolder(t *testing.T) {
	kind, path, ok := strings.Cut(os.Getenv("DPT_HOLDER"), " ")
	if !ok {
		t.Skip("a part of TestManyLockers")
	}
	_, e := lockCase(t)
	own := []byte(strconv.Itoa(os.Getpid()))
	for {
		l, err := newHolder(kind == "flock").take(path, e)
		if errors.Is(err, ErrLocked) {
			time.Sleep(time.Millisecond)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("holds")
		for range 20 {
			if err := os.WriteFile(path+".owner", own, 0o644); err != nil {
				t.Fatal(err)
			}
			if found := cases.Must(os.ReadFile(path + ".owner")); string(found) != string(own) {
				fmt.Printf("violated: %s found %s\n", own, found)
			}
		}
		l.release(true)
	}
}

// TestTrainWithoutFlock: on a file system that cannot lock, two train one run once, and a lock that another machine
// took over ends training.
func TestTrainWithoutFlock(t *testing.T) {
	for _, no := range []error{syscall.ENOLCK, syscall.ENOSYS, syscall.EOPNOTSUPP} {
		without(t, no)
		folder := Folder(t.TempDir())
		note, err := folder.Check()
		if err != nil || !strings.Contains(note, string(folder)) {
			t.Errorf("%v: a note must name the folder, found %q (%v)", no, note, err)
		}
		if flock = func(*os.File) error { return nil }; cases.Must(folder.hasFlock()) { // as it was found at first
			t.Errorf("%v: the kind of locks must stay", no)
		}
	}
	without(t, syscall.ENOLCK)
	folder, job := Folder(t.TempDir()), toyJob(t, small)
	held, _, err := folder.lock(context.Background(), []*Job{job}, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := trained(t, folder, Options{NoWait: true}, job); !errors.Is(err, ErrLocked) {
		t.Errorf("it must be locked, found %v", err)
	}
	held.release(false)
	cases.Must(trained(t, folder, Options{}, job))

	// too long to end before the lock is looked at again
	other := toyJob(t, prompt.PT{Length: 3, Start: prompt.Frequent}, func(r *train.Recipe) { r.Epochs = 100_000 })
	_, err = trained(t, folder, Options{Report: func(p train.Progress) {
		if p.Update > 0 {
			path := filepath.Join(folder.locks(), other.ID)
			h, _ := readLock(path)
			l := &lockFile{path: path, mark: h}
			l.mark.Nonce, l.mark.Process = 1, Process{Host: "node7", PID: 7}
			if err := l.write(); err != nil {
				t.Error(err)
			}
		}
	}}, other)
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), "node7") {
		t.Errorf("training must end where the lock was taken over, found %v", err)
	}
}

// TestCheckStorage: what the file system lacks is an error that names the file and what to do.
func TestCheckStorage(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Folder(filepath.Join(file, "runs")).Check(); err == nil || !strings.Contains(err.Error(), file) ||
		!strings.Contains(err.Error(), "--out") {
		t.Errorf("the error must name %s and --out, found %v", file, err)
	}
	without(t, syscall.EIO)
	folder := Folder(t.TempDir())
	if _, err := folder.Check(); !errors.Is(err, syscall.EIO) || !strings.Contains(err.Error(), folder.locks()) ||
		!strings.Contains(err.Error(), "--out") {
		t.Errorf("the error must name %s and --out, found %v", folder.locks(), err)
	}
	if note, err := Folder(t.TempDir()).Check(); err == nil || note != "" {
		t.Errorf("found %q", note)
	}
}

// TestLocalLocks reads mountinfo as it is on nodes that mount a store by NFS and Lustre.
func TestLocalLocks(t *testing.T) {
	const mounts = `22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
31 22 0:40 / /projects rw,relatime shared:2 - nfs4 server:/projects rw,vers=4.2,local_lock=none,addr=10.0.0.1
32 22 0:41 / /scratch rw,relatime shared:3 - nfs server:/scratch rw,vers=3,nolock,local_lock=all,addr=10.0.0.1
33 22 0:42 / /lustre rw,relatime - lustre 10.0.0.2@tcp:/fs rw,flock,lazystatfs
34 22 0:43 / /lustre\040two rw,relatime - lustre 10.0.0.2@tcp:/fs rw,localflock,lazystatfs
35 32 0:44 / /scratch/local rw - ext4 /dev/sdb1 rw
`
	for path, want := range map[string]bool{
		"/var/runs": false, "/projects/me/runs": false, "/scratch": true, "/scratch/me/runs": true, "/scratchy": false,
		"/lustre/runs": false, "/lustre two/runs": true, "/scratch/local/runs": false,
	} {
		if got := localLocks(strings.NewReader(mounts), path); got != want {
			t.Errorf("%s: locks are local %v, found %v", path, want, got)
		}
	}
}
