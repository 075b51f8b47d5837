// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dpt/superglue"
	"dpt/t5/tokenizer"
	"dpt/t5/toy"
)

// files are the names in a folder.
func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	for _, entry := range must(os.ReadDir(dir)) {
		names = append(names, entry.Name())
	}
	return names
}

// A split has the tokens that it has without a cache: at first, from the file, and where that is damaged in any byte or cut
// anywhere. What they follow from names the file.
func TestTokenCache(t *testing.T) {
	cache := tokenCache{filepath.Join(t.TempDir(), "tokens"), 0, 1 << 20}
	s := split{lookup(t, "CB"), superglue.Format{}, rows(t, 5), must(toy.Tokenizer()), 32}
	want := s.tokenise(0)
	check := func(about string) {
		t.Helper()
		if diff := cmp.Diff(want, cache.tokens(s)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", about, diff)
		}
		if names := files(t, cache.dir); len(names) != 1 {
			t.Fatalf("%s: there are %v; want one file", about, names)
		}
	}
	check("the first time")
	check("the second time")
	path := filepath.Join(cache.dir, files(t, cache.dir)[0])
	good := must(os.ReadFile(path))
	for at := range good {
		bad := append([]byte{}, good...)
		bad[at] ^= 1
		for about, data := range map[string][]byte{"flipped": bad, "cut": good[:at]} {
			if err := os.WriteFile(path, data, 0o644); err != nil {
				t.Fatal(err)
			}
			check(fmt.Sprintf("%s at %d", about, at))
			if again := must(os.ReadFile(path)); string(again) != string(good) {
				t.Fatalf("%s at %d: the file was not made again", about, at)
			}
		}
	}

	names := map[string]bool{}
	for _, change := range []func(*split){
		func(*split) {},
		func(s *split) { s.rows = rows(t, 6) },
		func(s *split) { s.format = superglue.Format{Style: superglue.T5} },
		func(s *split) { s.format.Labels = superglue.Words },
		func(s *split) { s.maxSource = 31 },
	} {
		other := s
		change(&other)
		name, _ := other.hash()
		names[name] = true
	}
	if len(names) != 5 {
		t.Errorf("five splits have %d names", len(names))
	}
}

// The folder stays small, what was read last stays longest, and small splits and folders that cannot be written do no harm.
func TestTokenCacheBounds(t *testing.T) {
	dir := t.TempDir()
	tok := must(toy.Tokenizer())
	of := func(n int) split { return split{lookup(t, "CB"), superglue.Format{}, rows(t, n), tok, 32} }
	one := int64(len(packTokens(of(5).tokenise(0))))
	cache := tokenCache{dir, 0, one * 12 / 5} // 2, 4 and 5 rows, but not 3 more
	for i, n := range []int{2, 3, 4} {
		cache.tokens(of(n))
		name, _ := of(n).hash()
		old := time.Now().Add(time.Duration(i-9) * time.Hour)
		if err := os.Chtimes(filepath.Join(dir, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	cache.tokens(of(2)) // and so 3 was not read for longest
	cache.tokens(of(5))
	has := func(n int) bool {
		name, _ := of(n).hash()
		_, err := os.Stat(filepath.Join(dir, name))
		return err == nil
	}
	if has(3) || !has(2) || !has(5) {
		t.Errorf("of 2, 3, 4 and 5 rows there are %t, %t, %t, %t; want 3 to be gone first", has(2), has(3), has(4), has(5))
	}
	cache.least = 1 << 20
	if cache.tokens(of(7)); has(7) {
		t.Error("a small split has a file")
	}
	nowhere := tokenCache{filepath.Join(os.DevNull, "x"), 0, 1}
	if diff := cmp.Diff(of(5).tokenise(0), nowhere.tokens(of(5))); diff != "" {
		t.Error(diff)
	}
}

// BenchmarkTokens has MultiRC's tokens, made anew and from the cache.
func BenchmarkTokens(b *testing.B) {
	data := sharedData(b)
	task := lookup(b, "MultiRC")
	s := split{task, superglue.Format{}, must(task.ReadSplit(filepath.Join(data, "superglue"), "val")), must(tokenizer.Load(filepath.Join(data, "t5_vocab"))), 256}
	b.Run("made", func(b *testing.B) {
		for b.Loop() {
			s.tokenise(0)
		}
	})
	b.Run("cached", func(b *testing.B) {
		cache := tokenCache{b.TempDir(), 0, 1 << 30}
		cache.tokens(s)
		for b.Loop() {
			cache.tokens(s)
		}
	})
}
