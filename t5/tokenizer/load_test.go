// SPDX-License-Identifier: Apache-2.0

package tokenizer

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A folder's spiece.model is used where its tokenizer.json cannot be, and Note tells why.
func TestLoadFolder(t *testing.T) {
	const lfs = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 768\n"
	refused := strings.Replace(string(tinyJSON()), `"byte_fallback":false`, `"byte_fallback":true`, 1)
	for name, c := range map[string]struct {
		json, model string // absent where empty
		size        int    // 8 pieces, and 100 sentinels of a spiece.model
		note, says  string
	}{
		"both":                 {string(tinyJSON()), string(tinyModel()), 8, "", ""},
		"tokenizer.json":       {string(tinyJSON()), "", 8, "", ""},
		"spiece.model":         {"", string(tinyModel()), 108, "", ""},
		"refused, other taken": {refused, string(tinyModel()), 108, "byte_fallback", ""},
		"pointer, other taken": {lfs, string(tinyModel()), 108, "git lfs pull", ""},
		"other not looked at":  {string(tinyJSON()), lfs, 8, "", ""},
		"refused":              {refused, "", 0, "", "byte_fallback"},
		"pointer":              {"", lfs, 0, "", "git lfs pull"},
		"refused and pointer":  {refused, lfs, 0, "", "byte_fallback"},
		"pointer and refused":  {refused, lfs, 0, "", "git lfs pull"},
		"neither":              {"", "", 0, "", "it must hold tokenizer.json or spiece.model"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, content := range map[string]string{"tokenizer.json": c.json, "spiece.model": c.model} {
				if content == "" {
					continue
				}
				if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			tok, err := Load(dir)
			if c.says != "" {
				if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), dir) {
					t.Fatalf("error %v, must mention %q and the folder", err, c.says)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if tok.Size() != c.size || !strings.Contains(tok.Note, c.note) || (c.note == "") != (tok.Note == "") {
				t.Errorf("%d ids, note %q", tok.Size(), tok.Note)
			}
		})
	}
	if _, err := Load(filepath.Join(t.TempDir(), "missing")); err == nil {
		t.Error("a path that does not exist must be an error")
	}
}

// The shared cases, with the ids and texts of HuggingFace's tokenizers, or refused by the setting's name.
func TestCases(t *testing.T) {
	for _, name := range []string{"tok_sequence", "tok_added"} {
		tok, err := Load(shared(t, "cases/"+name))
		if err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(shared(t, "cases/"+name+"/expected.json"))
		if err != nil {
			t.Fatal(err)
		}
		var lines [][]json.RawMessage // text, ids and where tested the decoded text
		if err := json.Unmarshal(data, &lines); err != nil || len(lines) == 0 {
			t.Fatalf("%d lines, error %v", len(lines), err)
		}
		for _, line := range lines {
			var text, decoded string
			var ids []int32
			if err := json.Unmarshal(line[0], &text); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(line[1], &ids); err != nil {
				t.Fatal(err)
			}
			if got := tok.Encode(text); !slices.Equal(got, ids) {
				t.Errorf("%s: %q: got %v, want %v", name, text, got, ids)
			}
			if len(line) < 3 {
				continue
			}
			if err := json.Unmarshal(line[2], &decoded); err != nil {
				t.Fatal(err)
			}
			if got := tok.Decode(ids); got != decoded {
				t.Errorf("%s: %v: decoded %q, want %q", name, ids, got, decoded)
			}
		}
	}
	for name, says := range map[string]string{
		"tok_bytefallback": "byte_fallback", "tok_keepws": "remove_extra_whitespaces",
	} {
		if _, err := Load(shared(t, "cases/"+name)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v, must mention %s", name, err, says)
		}
	}
}
