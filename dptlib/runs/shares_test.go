// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dpt/dptlib/internal/cases"
	"dpt/dptlib/train"
)

// TestCut: 1,200 runs of very different lengths on 64 GPUs. The longest share is within 15 % of the mean, or the
// longest group.
func TestCut(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 0))
	for _, heavy := range []float64{1, 30, 1000} { // of the longest over the shortest
		s := &Shares{}
		longest, sum := 0.0, 0.0
		for i := range 1200 {
			seconds := 60 + 3600*random.Float64()
			if i%100 == 0 {
				seconds *= heavy
			}
			s.Groups = append(s.Groups, OutlinedGroup{Experiments: make([]Experiment, 1), Seconds: seconds})
			longest, sum = max(longest, seconds), sum+seconds
		}
		s.cut(64)
		if err := s.check(); err != nil {
			t.Fatal(err)
		}
		if got, bound := slices.Max(s.Seconds()), max(longest, 1.15*sum/64); len(s.Shares) != 64 || got > bound ||
			got < longest {
			t.Errorf("%d shares, the longest must take from %.0f to %.0f s, found %.0f", len(s.Shares), longest, bound,
				got)
		}
	}
}

// TestCutCounts: what has a record counts as nothing, and shares are not empty.
func TestCutCounts(t *testing.T) {
	library, list := sweepCase(t)
	folder := Folder(t.TempDir())
	sweep := &Sweep{Library: library, Folder: folder, Group: 1}
	if err := sweep.Run(context.Background(), cases.Must(sweep.Plan(list[3:]))); err != nil {
		t.Fatal(err)
	}
	outline := library.Outline(list, Hardware{}, 1)
	failed := slices.IndexFunc(outline.Groups, func(g OutlinedGroup) bool { return g.Experiments[0].Recipe.LearningRate > 1 })
	for retry, want := range map[time.Time]int{{}: 3, time.Now().Add(time.Hour): 4} {
		s := cases.Must(folder.Cut(outline, 8, retry))
		if err := s.check(); err != nil || len(s.Shares) != want || (s.Groups[failed].Seconds == 0) == (want == 4) {
			t.Errorf("there must be %d shares, found %v of %v (%v)", want, s.Shares, s.Groups, err)
		}
	}
}

// TestReadShares: shares are read as they were written, and nothing else is read.
func TestReadShares(t *testing.T) {
	library, list := sweepCase(t)
	folder := Folder(t.TempDir())
	s := cases.Must(folder.Cut(library.Outline(list, Hardware{}, 2), 2, time.Time{}))
	path := cases.Must(s.Write(folder))
	if diff := cmp.Diff(s, cases.Must(ReadShares(path))); diff != "" {
		t.Errorf("the shares were not read as they were written:\n%s", diff)
	}
	if again := cases.Must(s.Write(folder)); again != path {
		t.Errorf("equal shares are in %s and %s", path, again)
	}
	text := string(cases.Must(os.ReadFile(path)))
	for name, c := range map[string]struct{ from, to, want string }{
		"unknown field": {`"commit"`, `"comet"`, "comet"},
		"no share":      {`"shares":`, `"shares":[],"was":`, "was"},
		"a group twice": {`"shares":[[`, `"shares":[[0],[`, "one share"},
		"no group":      {`"shares":[[`, `"shares":[[-1,`, "-1"},
		"a method":      {`"PT"`, `"LoRA of mine"`, "LoRA of mine"},
		"cut":           {"\n", "", "shares.json"},
	} {
		changed := strings.Replace(text, c.from, c.to, 1)
		if name == "cut" {
			changed = text[:len(text)/2]
		}
		other := filepath.Join(t.TempDir(), "shares.json")
		if err := os.WriteFile(other, []byte(changed), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadShares(other); err == nil || !strings.Contains(err.Error(), c.want) ||
			!strings.Contains(err.Error(), other) {
			t.Errorf("%s: the error must name the file and %q, found %v", name, c.want, err)
		}
	}
}

// TestRunShares: shares that are trained side by side, one of them only after it was interrupted, give what one process
// gives, and train each run once.
func TestRunShares(t *testing.T) {
	library, list := sweepCase(t)
	one, folder := Folder(t.TempDir()), Folder(t.TempDir())
	sweep := &Sweep{Library: library, Folder: one, Group: 1}
	if err := sweep.Run(context.Background(), cases.Must(sweep.Plan(list))); err != nil {
		t.Fatal(err)
	}
	s := cases.Must(folder.Cut(library.Outline(list, Hardware{}, 1), 3, time.Time{}))
	var mutex sync.Mutex
	by := map[[2]any]int{} // who made an update, by its loss and number
	share := func(ctx context.Context, attempt, i int, after func()) error {
		own := &Library{Backend: cases.Backend(t)}
		sweep := &Sweep{Library: own, Folder: folder, Report: func(p SweepProgress) {
			mutex.Lock()
			defer mutex.Unlock()
			if p.Training.Stage == train.Training && p.Training.Update > 0 {
				update := [2]any{p.Training.Loss, p.Training.Update}
				if other, ok := by[update]; ok && other != attempt {
					t.Errorf("update %v was made twice, in attempts %d and %d", update, other, attempt)
				}
				by[update] = attempt
				after()
			}
		}}
		_, err := sweep.RunShare(ctx, s, i)
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	if err := share(ctx, 3, 0, cancel); err == nil {
		t.Fatal("the first share must be interrupted")
	}
	var all sync.WaitGroup
	errs := make([]error, 3)
	for i := range errs {
		all.Go(func() { errs[i] = share(context.Background(), i, i, func() {}) })
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	compareFolders(t, one, folder)
	status := cases.Must(NewWatch(folder, list).Status())
	if status.Done != 3 || len(status.Failures) != 1 || !status.Complete() || status.Share != 1 {
		t.Errorf("3 runs are done and one failed, found %s", status)
	}
	if left := cases.Must(os.ReadDir(folder.locks())); len(left) != 0 {
		t.Errorf("no locks must be left, found %v", left)
	}
}

// compareFolders ensures that two folders hold the same records, but for times, and the same prompts.
func compareFolders(t *testing.T, a, b Folder) {
	t.Helper()
	records, bad := a.Records()
	others, badOthers := b.Records()
	if diff := cmp.Diff(records, others, timeless); diff != "" || bad != nil || badOthers != nil {
		t.Errorf("the records differ (%v, %v):\n%s", bad, badOthers, diff)
	}
	for _, path := range cases.Must(filepath.Glob(filepath.Join(string(a), "*.safetensors"))) {
		other := filepath.Join(string(b), filepath.Base(path))
		if string(cases.Must(os.ReadFile(path))) != string(cases.Must(os.ReadFile(other))) {
			t.Errorf("%s differs", other)
		}
	}
}
