// SPDX-License-Identifier: Apache-2.0

package dptlib_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestLinks: what the READMEs and the notebooks link to within the project is there.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:\s\\]+)(?:#[^)]*)?\)`)
	found := 0
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() && (name == "build" || name != ".." && strings.HasPrefix(name, ".")) {
			return fs.SkipDir
		}
		if ext := filepath.Ext(path); ext != ".md" && ext != ".ipynb" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, match := range link.FindAllSubmatch(text, -1) {
			found++
			if to := filepath.Join(filepath.Dir(path), string(match[1])); !there(to) {
				t.Errorf("%s links to %s, which does not exist", path, match[1])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 30 {
		t.Errorf("%d links were found, and the README alone has more", found)
	}
}

func there(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
