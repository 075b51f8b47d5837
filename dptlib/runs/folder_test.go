// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"math"
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
	"dpt/dptlib/prompt"
	"dpt/dptlib/train"
)

// sharedRunner serves all tests, so that what one compiled the next need not.
var sharedRunner = sync.OnceValue(func() *train.Runner { return &train.Runner{Backend: cases.Must(backend())} })

// trained trains jobs in a folder.
func trained(t testing.TB, folder Folder, o Options, jobs ...*Job) ([]*Record, error) {
	t.Helper()
	return folder.Train(context.Background(), sharedRunner(), jobs, o)
}

// A run that has a record is read; its prompts score what the run did; without its prompt it is trained again.
func TestTrainOnce(t *testing.T) {
	folder, updates := Folder(filepath.Join(t.TempDir(), "runs")), 0
	job := toyJob(t, small)
	count := Options{Report: func(train.Progress) { updates++ }}
	first := cases.Must(trained(t, folder, count, job))[0]
	reports := updates
	second := cases.Must(trained(t, folder, count, job))[0]
	if updates != reports {
		t.Error("a stored run was trained again")
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("the record was not read as it was written:\n%s", diff)
	}
	if len(first.Predictions) != 10 {
		t.Errorf("the record must have 10 predictions, found %q", first.Predictions)
	}
	for path, evaluation := range map[string]int{folder.PromptPath(first.ID): first.Best,
		folder.LastPromptPath(first.ID): first.Last} {
		p := cases.Must(LoadPrompt(path))
		scores := cases.Must(train.Evaluate(context.Background(), cases.Backend(t), job.Model, p, job.Data, 3, nil))
		if diff := cmp.Diff(first.Evaluations[evaluation].Scores, scores); diff != "" {
			t.Errorf("%s scores otherwise than when it was trained:\n%s", path, diff)
		}
	}
	if err := os.Truncate(folder.PromptPath(first.ID), 0); err != nil {
		t.Fatal(err)
	}
	third := cases.Must(trained(t, folder, count, job))[0]
	if diff := cmp.Diff(first, third, timeless); updates == reports || diff != "" {
		t.Errorf("a run without its prompt must be trained again, to the same:\n%s", diff)
	}
}

// Two that train one run at once: one trains it, the other waits and reads it; one that may not wait is told.
func TestTwoTrainOneRun(t *testing.T) {
	folder := Folder(t.TempDir())
	// each on a model of its own
	jobs := []*Job{toyJob(t, small), onModel([]*Job{toyJob(t, small)}, cases.Backbone(t).Model)[0]}
	var both sync.WaitGroup
	var updates [2]int
	errs := make([]error, 2)
	for i := range 2 {
		both.Go(func() {
			runner := &train.Runner{Backend: cases.Backend(t)}
			defer runner.Close()
			report := func(p train.Progress) { updates[i] = p.Update }
			_, errs[i] = folder.Train(context.Background(), runner, jobs[i:i+1], Options{Report: report})
		})
	}
	both.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if updates[0] != 0 && updates[1] != 0 {
		t.Errorf("both trained the run: %v updates", updates)
	}
	other := toyJob(t, prompt.PT{Length: 3, Start: prompt.Frequent})
	held, _, err := folder.lock(context.Background(), []*Job{other}, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := trained(t, folder, Options{NoWait: true}, other); !errors.Is(err, ErrLocked) {
		t.Errorf("a locked run must be refused, found %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := folder.lock(ctx, []*Job{other}, true); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting must end with the context, found %v", err)
	}
	held.release(false)
	if held, _, err = folder.lock(context.Background(), []*Job{other}, false); err != nil {
		t.Fatal(err)
	}
	held.release(true)
}

// A bad file of any kind is named, and the other records are read.
func TestRecordsPassOverBadFiles(t *testing.T) {
	folder, job := Folder(t.TempDir()), toyJob(t, small, func(r *train.Recipe) { r.Epochs = 1 })
	record := cases.Must(trained(t, folder, Options{}, job))[0]
	good := cases.Must(os.ReadFile(folder.RecordPath(record.ID)))
	bad := map[string]string{"null": "null", "empty": "", "object": "{}", "array": "[]", "number": "3",
		"no method": `{"id":"x","spec":{}}`, "cut": string(good[:len(good)/2])}
	for name, text := range bad {
		if err := os.WriteFile(filepath.Join(string(folder), name+".json"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(string(folder), "folder.json"), 0o755); err != nil {
		t.Fatal(err)
	}
	records, errs := folder.Records()
	if len(records) != 1 || len(errs) != len(bad)+1 {
		t.Errorf("1 record is good and %d files are not, found %d and %v", len(bad)+1, len(records), errs)
	}
	for _, err := range errs {
		if !strings.Contains(err.Error(), string(folder)) {
			t.Errorf("the error must name the file, found %v", err)
		}
	}
}

// Each byte of a record counts, and what it says of itself must agree.
func TestReadRecordRefuses(t *testing.T) {
	folder, job := Folder(t.TempDir()), toyJob(t, small, func(r *train.Recipe) { r.Epochs = 1 })
	record := cases.Must(trained(t, folder, Options{}, job))[0]
	whole := cases.Must(os.ReadFile(folder.RecordPath(record.ID)))
	path := filepath.Join(t.TempDir(), record.ID+".json")
	read := func(data []byte) error {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := ReadRecord(path)
		return err
	}
	signed := bytes.Index(whole, []byte(digestLine))
	for i := range 200 {
		flipped := slices.Clone(whole)
		flipped[i*signed/200] ^= 1
		if err := read(flipped); err == nil {
			t.Errorf("byte %d was changed, and the record read", i*signed/200)
		}
	}
	plain := whole[:signed]
	if err := read(append(slices.Clone(plain), "\n}\n"...)); err == nil || !strings.Contains(err.Error(), "sha256") {
		t.Errorf("a record without a digest was read: %v", err)
	}
	for name, c := range map[string]struct{ from, to, want string }{
		"edited spec":    {`"seed":42`, `"seed":43`, "id must be"},
		"unknown field":  {`"bottleneck":2`, `"bottleneck":2, "rank":2`, "rank"},
		"best past end":  {`"best": 0`, `"best": 7`, "best"},
		"lost losses":    {`"losses": [`, `"losses": [1,`, "loss"},
		"beyond percent": {`"value":`, `"value":964`, "percent"},
	} {
		text := strings.Replace(string(plain), c.from, c.to, 1)
		if text == string(plain) {
			t.Fatalf("%s: %q is not in the record", name, c.from)
		}
		text = fmt.Sprintf("%s%s%x\"\n}\n", text, digestLine, sha256.Sum256([]byte(text)))
		if err := read([]byte(text)); err == nil || !strings.Contains(err.Error(), c.want) ||
			!strings.Contains(err.Error(), path) {
			t.Errorf("%s: the error must name the file and %q, found %v", name, c.want, err)
		}
	}
}

// A run that failed has no prompt, and is trained again only on request.
func TestFailedRun(t *testing.T) {
	folder := Folder(t.TempDir())
	job := toyJob(t, small, func(r *train.Recipe) { r.LearningRate, r.Warmup = 3e38, 0 })
	record := cases.Must(trained(t, folder, Options{}, job))[0]
	if record.Failure == "" {
		t.Fatal("a learning rate of 3e38 must end a run")
	}
	if _, err := os.Stat(folder.PromptPath(record.ID)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a failed run must have no best prompt, found %v", err)
	}
	again := 0
	cases.Must(trained(t, folder, Options{Report: func(train.Progress) { again++ }}, job))
	if again != 0 {
		t.Error("a failed run was trained again")
	}
	cases.Must(trained(t, folder, Options{Retry: time.Now(), Report: func(train.Progress) { again++ }}, job))
	if again == 0 {
		t.Error("a failed run was not trained again on request")
	}
}

// TestManyWriters: sixteen writers of one folder lose nothing.
func TestManyWriters(t *testing.T) {
	job := toyJob(t, small)
	runner := sharedRunner()
	run := cases.Must(runner.Train(context.Background(), trainJobs([]*Job{job}), train.Options{}))[0]
	folder := Folder(t.TempDir())
	var writers sync.WaitGroup
	errs := make(chan error, 16*20)
	for w := range 16 {
		writers.Go(func() {
			for i := range 20 { // every third run is everybody's
				of := *job
				if of.Spec.Recipe.Seed = uint64(1000*w + i); i%3 == 0 {
					of.Spec.Recipe.Seed = uint64(i)
				}
				of.Job = &train.Job{ID: of.Spec.ID(), Model: job.Model, Data: job.Data}
				errs <- folder.store(newRecord(runner.Backend, &of, nil, run), run)
			}
		})
	}
	writers.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	records, bad := folder.Records()
	if want := 16*13 + 7; len(records) != want || bad != nil {
		t.Errorf("there must be %d records, found %d (%v)", want, len(records), bad)
	}
	for _, record := range records {
		if _, err := folder.Prompt(record); err != nil {
			t.Error(err)
		}
	}
}

// TestSlim: of a prompt stays P with its metadata; the run's last prompt and weights go, all else stays, other files
// among it, and the record still fits.
func TestSlim(t *testing.T) {
	folder := Folder(t.TempDir())
	record := cases.Must(trained(t, folder, Options{}, toyJob(t, small, func(r *train.Recipe) { r.Epochs = 1 })))[0]
	others := filepath.Join(string(folder), "mine-last.safetensors")
	for _, path := range []string{folder.WeightsPath(record.ID), others} {
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	before := cases.Must(folder.Prompt(record))
	for range 2 { // slim already the second time
		if err := folder.Slim(); err != nil {
			t.Fatal(err)
		}
	}
	left := cases.Must(filepath.Glob(filepath.Join(string(folder), "[^.]*")))
	if !slices.Equal(left, []string{folder.RecordPath(record.ID), folder.PromptPath(record.ID), others}) {
		t.Errorf("left are %v", left)
	}
	short := cases.Must(folder.Find(record.ID))
	for i, loss := range record.Losses {
		if off := math.Abs(float64(short.Losses[i] - loss)); !(off <= 5.1e-2*float64(loss)) {
			t.Errorf("of the loss %g stays %g, want two digits", loss, short.Losses[i])
		}
	}
	for i, value := range record.Spectrum {
		if off := math.Abs(short.Spectrum[i] - value); !(off <= 5.1e-5*value) {
			t.Errorf("of the singular value %g stays %g, want five digits", value, short.Spectrum[i])
		}
	}
	if len(record.Spectrum) == 0 || len(short.Spectrum) != len(record.Spectrum) {
		t.Errorf("of %d singular values %d stay, want all of some", len(record.Spectrum), len(short.Spectrum))
	}
	for i, e := range short.Evaluations {
		was := record.Evaluations[i]
		if !(math.Abs(e.Loss-was.Loss) <= 5.1e-4*was.Loss) {
			t.Errorf("of the loss %v stays %v, want four digits", was.Loss, e.Loss)
		}
		for j, m := range e.Scores.Metrics {
			old := was.Scores.Metrics[j]
			if !(old.Low-0.01 < m.Low && m.Low <= old.Low && old.High <= m.High && m.High < old.High+0.01) {
				t.Errorf("of the interval [%v, %v] stays [%v, %v], want hundredths, outwards", old.Low, old.High,
					m.Low, m.High)
			}
			m.Low, m.High = old.Low, old.High
			if m != old {
				t.Errorf("of %v stays %v", old, m)
			}
		}
	}
	if short.GradientNorms != nil || len(short.Evaluations) != len(record.Evaluations) ||
		short.Prompts != record.Prompts {
		t.Errorf("of the record all must stay but gradient norms, found %+v", short)
	}
	slim := cases.Must(folder.Prompt(record))
	if !slices.Equal(slim.Elements(), before.Elements()) || slim.Variable("A") != nil || slim.Metadata["task"] != "CB" {
		t.Errorf("of the prompt P must stay, found %v of %v", slim.Tensors(), slim.Metadata)
	}
	other := cases.Must(trained(t, folder, Options{}, toyJob(t, small,
		func(r *train.Recipe) { r.Epochs, r.Seed = 1, 7 })))[0]
	if err := os.Rename(folder.PromptPath(other.ID), folder.PromptPath(record.ID)); err != nil {
		t.Fatal(err)
	}
	if _, err := folder.Prompt(record); err == nil || !strings.Contains(err.Error(), "another run") {
		t.Errorf("another run's prompt was taken for the record's: %v", err)
	}
}

// TestHundredth: the result is on the right side, less than a hundredth away, and stays what it is.
func TestHundredth(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		x := 100 * random.Float64()
		low, high := hundredth(x, -1), hundredth(x, 1)
		if !(x-0.01 < low && low <= x && x <= high && high < x+0.01) {
			t.Fatalf("of %v stay %v and %v", x, low, high)
		}
		for _, y := range []float64{low, high, 0, 100} {
			if hundredth(y, -1) != y || hundredth(y, 1) != y {
				t.Fatalf("%v does not stay", y)
			}
		}
	}
}

func ExampleFolder_Train() {
	library := &Library{Backend: cases.Must(backend())}
	experiments := cases.Must(ReadExperiments(strings.NewReader(
		`{"model": "toy-s", "data": "toy", "task": "CB", "method": {"name": "DPT", "length": 20}, "recipe": {"epochs": 0, "updates": 2, "dropout": 0}}`)))
	job := cases.Must(library.Job(experiments[0]))
	dir := cases.Must(os.MkdirTemp("", "runs-"))
	defer os.RemoveAll(dir)
	runner := &train.Runner{Backend: library.Backend}
	defer runner.Close()
	records := cases.Must(Folder(dir).Train(context.Background(), runner, []*Job{job}, Options{}))
	fmt.Println(records[0].Spec.Method.Name(), records[0].Trainable, "parameters,", len(records[0].Losses), "updates")
	// Output: DPT 520 parameters, 2 updates
}
