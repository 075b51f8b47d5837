// SPDX-License-Identifier: Apache-2.0

package train

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dpt/dptlib/internal/cases"
	"dpt/superglue"
	"dpt/t5/tokenizer"
	"dpt/t5/toy"
)

// files are the names in a folder.
func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	for _, entry := range cases.Must(os.ReadDir(dir)) {
		names = append(names, entry.Name())
	}
	return names
}

// A split has the tokens that it has without a cache: at first, from the file, and where that is damaged in any byte or
// cut anywhere. What they follow from names the file.
func TestTokenCache(t *testing.T) {
	cache := tokenCache{filepath.Join(t.TempDir(), "tokens"), 0}
	s := texts{cases.Task(t, "CB"), superglue.Format{}, cases.Rows(t, 5), cases.Must(toy.Tokenizer()), 32}
	want, _ := s.tokenise(0)
	check := func(about string) {
		t.Helper()
		if diff := cmp.Diff(want, s.tokens(cache)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", about, diff)
		}
		if names := files(t, cache.dir); len(names) != 1 {
			t.Fatalf("%s: there are %v; want one file", about, names)
		}
	}
	check("the first time")
	check("the second time")
	path := filepath.Join(cache.dir, files(t, cache.dir)[0])
	good := cases.Must(os.ReadFile(path))
	for at := range good {
		bad := append([]byte{}, good...)
		bad[at] ^= 1
		for about, data := range map[string][]byte{"flipped": bad, "cut": good[:at]} {
			if err := os.WriteFile(path, data, 0o644); err != nil {
				t.Fatal(err)
			}
			check(fmt.Sprintf("%s at %d", about, at))
			if again := cases.Must(os.ReadFile(path)); string(again) != string(good) {
				t.Fatalf("%s at %d: the file was not made again", about, at)
			}
		}
	}

	names := map[string]bool{}
	for _, change := range []func(*texts){
		func(*texts) {},
		func(s *texts) { s.rows = cases.Rows(t, 6) },
		func(s *texts) { s.format = superglue.Format{Style: superglue.T5} },
		func(s *texts) { s.format.Labels = superglue.Words },
		func(s *texts) { s.maxSource = 31 },
	} {
		other := s
		change(&other)
		name, _ := other.hash()
		names[name] = true
	}
	if len(names) != 5 {
		t.Errorf("five texts have %d names", len(names))
	}
}

// Small splits have no file, and a folder that cannot be written does no harm.
func TestTokenCacheBounds(t *testing.T) {
	dir := t.TempDir()
	of := texts{cases.Task(t, "CB"), superglue.Format{}, cases.Rows(t, 5), cases.Must(toy.Tokenizer()), 32}
	of.tokens(tokenCache{dir, 1 << 20})
	if names := files(t, dir); names != nil {
		t.Errorf("a small split has the file %v", names)
	}
	nowhere := tokenCache{filepath.Join(os.DevNull, "x"), 0}
	want, _ := of.tokenise(0)
	if diff := cmp.Diff(want, of.tokens(nowhere)); diff != "" {
		t.Error(diff)
	}
}

// BenchmarkTokens has MultiRC's tokens, made and from the cache.
func BenchmarkTokens(b *testing.B) {
	data := cases.Shared(b, "data")
	task := cases.Task(b, "MultiRC")
	s := texts{task, superglue.Format{}, cases.Must(task.ReadSplit(filepath.Join(data, "superglue"), "val")),
		cases.Must(tokenizer.Load(filepath.Join(data, "t5_vocab"))), 256}
	b.Run("made", func(b *testing.B) {
		for b.Loop() {
			s.tokenise(0)
		}
	})
	b.Run("cached", func(b *testing.B) {
		cache := tokenCache{b.TempDir(), 0}
		s.tokens(cache)
		for b.Loop() {
			s.tokens(cache)
		}
	})
}

// The tokens kept of a source are the first ones of its whole text, and no more of a long text is read than needed.
func TestEncodeSource(t *testing.T) {
	b, task := cases.Backbone(t), cases.Task(t, "MultiRC")
	words := strings.Repeat("the lamp is dark and 日本語日本語日本語日本語 ", 4000)
	line := fmt.Sprintf(`{"passage": {"text": %q, "questions": [{"question": "q ?", "answers": [{"text": "a", "idx": 0, "label": 1}], "idx": 0}]}, "idx": 0}`, words)
	row := cases.Must(task.Decode(strings.NewReader(line), "row"))[0]
	whole, _ := task.Text(row, superglue.Format{})
	all := b.Vocabulary.Encode(whole)
	for _, max := range []int{1, 2, 7, 256, 1000, len(all), len(all) + 5} {
		got, read := EncodeSource(task, row, superglue.Format{}, b.Vocabulary, max)
		if want := b.Vocabulary.EncodeMax(whole, max); !slices.Equal(got, want) {
			t.Errorf("at most %d tokens: got %d, want %d tokens", max, len(got), len(want))
		}
		if max <= 1000 && read > 64*max+100 {
			t.Errorf("at most %d tokens: %d bytes of %d were read", max, read, len(whole))
		}
	}
}

// Labels that the vocabulary cannot tell apart are refused where data is made.
func TestLabelsRefused(t *testing.T) {
	b := cases.Backbone(t)
	task := cases.Must(superglue.Own{Name: "own", Labels: []string{"日本", "中国"}, Source: "{text}"}.NewTask())
	if _, err := NewDataset(task, superglue.Format{Labels: superglue.Words}, nil, nil, b.Vocabulary, 32); err == nil ||
		!strings.Contains(err.Error(), "日本") {
		t.Errorf("labels that are unknown to the vocabulary must be refused by name, found %v", err)
	}
	if _, err := NewDataset(task, superglue.Format{}, nil, nil, b.Vocabulary, 32); err != nil {
		t.Error(err)
	}
}
