// SPDX-License-Identifier: Apache-2.0

package tokenizer

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// shared is a path in the shared reference data.
func shared(t testing.TB, path string) string {
	t.Helper()
	root := os.Getenv("DPT_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	path = filepath.Join(root, path)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("DPT_REQUIRE_SHARED") != "" {
			t.Fatalf("%v, and DPT_REQUIRE_SHARED is set", err)
		}
		t.Skipf("%v: set DPT_SHARED to the folder that holds fixtures/ and data/", err)
	}
	return path
}

// TestReference compares every line of the shared fixtures with HuggingFace's ids, with both forms of T5's vocabulary.
func TestReference(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(shared(t, "fixtures/tokenizer"), "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	for _, form := range []string{"tokenizer.json", "t5_vocab"} {
		tok, err := Load(shared(t, "data/t5_vocab/"+form))
		if err != nil {
			t.Fatal(err)
		}
		lines := 0
		for _, path := range files {
			lines += checkLines(t, tok, path)
		}
		t.Logf("%s: %d lines ran", form, lines)
	}
}

// TestPublishedIDs has the ids that HuggingFace's own tests of the T5 tokenizer expect.
func TestPublishedIDs(t *testing.T) {
	data, err := os.ReadFile(shared(t, "data/golden/t5_tokenization_facts.json"))
	if err != nil {
		t.Fatal(err)
	}
	var facts struct {
		T5 []struct {
			Text string  `json:"text"`
			IDs  []int32 `json:"ids"`
		} `json:"t5"`
	}
	if err := json.Unmarshal(data, &facts); err != nil || len(facts.T5) == 0 {
		t.Fatalf("no facts: %v", err)
	}
	tok, err := Load(shared(t, "data/t5_vocab/t5_vocab"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range facts.T5 {
		if got := tok.Encode(f.Text); !slices.Equal(got, f.IDs) {
			t.Errorf("%.60q: got %v, want %v", f.Text, got, f.IDs)
		}
	}
}

// TestEqualSegmentations has lines with segmentations of equal probability, and the ids that HuggingFace's tokenizers
// 0.23.3 makes of them: what decides is the last bit of the scores.
func TestEqualSegmentations(t *testing.T) {
	for _, form := range []string{"tokenizer.json", "t5_vocab"} {
		tok, err := Load(shared(t, "data/t5_vocab/"+form))
		if err != nil {
			t.Fatal(err)
		}
		for text, want := range map[string][]int32{
			"----":               {3, 18, 14817, 1},
			"-------":            {3, 14817, 14817, 18, 1},
			"----------":         {3, 14817, 14817, 18, 14817, 1},
			"__________________": {3, 834, 834, 834, 22319, 22319, 834, 1},
		} {
			if got := tok.Encode(text); !slices.Equal(got, want) {
				t.Errorf("%s, %q: got %v, want %v", form, text, got, want)
			}
		}
	}
}

func TestParseScore(t *testing.T) {
	for text, want := range map[string]float64{
		"0": 0, "-4": -4, "-2.5": -2.5, "1e2": 100, "-25e-1": -2.5,
		"-5.129043102264404": -5.129043102264404, "-12.130167007446289": -12.130167007446287, // the nearest is ...89
		"1e-400": 0, "12345678901234567890123": 12345678901234567890123,
	} {
		if got, err := parseScore(text); err != nil || got != want {
			t.Errorf("%s: %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", `"1"`, "null", "1e999"} {
		if got, err := parseScore(text); err == nil {
			t.Errorf("%q must be refused, found %v", text, got)
		}
	}
}

func checkLines(t *testing.T, tok *Tokenizer, path string) (lines int) {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<28)
	for in.Scan() {
		var line struct {
			Text string  `json:"text"`
			IDs  []int32 `json:"ids"`
		}
		if err := json.Unmarshal(in.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		lines++
		if got := tok.Encode(line.Text); !slices.Equal(got, line.IDs) {
			t.Errorf("%s:%d: %.80q\n got %v\nwant %v", path, lines, line.Text, got, line.IDs)
		}
	}
	if in.Err() != nil {
		t.Fatal(in.Err())
	}
	return lines
}

// tiny is a vocabulary of this test's own.
func tiny(t testing.TB) *Tokenizer {
	tok, err := Parse(tinyJSON())
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// tinyJSON is a tokenizer.json as HuggingFace writes T5's, with few pieces.
func tinyJSON() []byte {
	return []byte(`{"version":"1.0","truncation":null,"padding":null,
		"added_tokens":[` + specials + `],
		"normalizer":null,
		"pre_tokenizer":` + bothSteps + `,
		"post_processor":` + template + `,
		"decoder":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true},
		"model":{"type":"Unigram","unk_id":2,"byte_fallback":false,"vocab":[
			["<pad>",0],["</s>",0],["<unk>",0],["▁",-4],["▁prompt",-2],["s",-3],["▁tune",-2.5],["d",-3]]}}`)
}

var specials = strings.Join([]string{
	token(0, "<pad>", "special"), token(1, "</s>", "special"), token(2, "<unk>", "special"),
}, ",")

// bothSteps is T5's pre-tokenizer.
const bothSteps = `{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},` +
	`{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}]}`

const single = `"single":[{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"</s>","type_id":0}}]`

// template is the post-processor that adds </s>.
const template = `{"type":"TemplateProcessing",` + single + `,"pair":[],` +
	`"special_tokens":{"</s>":{"id":"</s>","ids":[1],"tokens":["</s>"]}}}`

func TestSegmentation(t *testing.T) {
	tok := tiny(t)
	for _, c := range []struct {
		text string
		want []int32
		back string
	}{
		{"", []int32{1}, ""},
		{" \t\n", []int32{1}, ""},
		{"prompts  tuned", []int32{4, 5, 6, 7, 1}, "prompts tuned"},
		{"xyz prompt", []int32{3, 2, 4, 1}, " prompt"},
		{"prompt</s>s", []int32{4, 1, 3, 5, 1}, "prompt s"},
		{"prompt▁tune", []int32{4, 6, 1}, "prompt tune"},
	} {
		if got := tok.Encode(c.text); !slices.Equal(got, c.want) {
			t.Errorf("%q: got %v, want %v", c.text, got, c.want)
		}
		if got := tok.Decode(c.want); got != c.back {
			t.Errorf("%v: decoded %q, want %q", c.want, got, c.back)
		}
	}
	for bad, same := range map[string]string{
		"\xff\xfeprompt": "\ufffd\ufffdprompt", "s\xe2\x82": "s\ufffd\ufffd", "a\xc0\x80": "a\ufffd\ufffd",
	} {
		if got, want := tok.Encode(bad), tok.Encode(same); !slices.Equal(got, want) {
			t.Errorf("%q: each byte that is no UTF-8 must count as U+FFFD: got %v, want %v", bad, got, want)
		}
	}
	if got := tok.EncodeMax("prompts tuned", 3); !slices.Equal(got, []int32{4, 5, 1}) {
		t.Errorf("cut to 3: %v", got)
	}
}

func TestMalformed(t *testing.T) {
	text := string(tinyJSON())
	for name, data := range map[string]string{
		"empty":             "",
		"other JSON":        `{"model":{"type":"BPE"}}`,
		"truncated":         text[:len(text)/2],
		"piece twice":       strings.Replace(text, `"s",-3`, `"d",-3`, 1),
		"score not number":  strings.Replace(text, `"s",-3`, `"s","x"`, 1),
		"no </s>":           strings.ReplaceAll(text, "</s>", "<end>"),
		"misplaced special": strings.Replace(text, `"id":1`, `"id":5`, 1),
		"broken map": strings.Replace(text, `"normalizer":null`,
			`"normalizer":{"type":"Precompiled","precompiled_charsmap":"`+
				base64.StdEncoding.EncodeToString([]byte{9, 0, 0, 0, 1, 2, 3, 4})+`"}`, 1),
		"not a protobuf": "\xff\xff\xff\xff",
	} {
		if _, err := Parse([]byte(data)); err == nil {
			t.Errorf("%s: must be an error", name)
		}
	}
}

func TestLongLines(t *testing.T) {
	tok := tiny(t)
	for _, part := range []string{"s", "☃", "\x00", "<", " ", "\u0301", "\xff"} {
		text := strings.Repeat(part, 4e5)
		if ids := tok.Encode(text); ids[len(ids)-1] != tok.EOS {
			t.Errorf("%.4q...: must end with </s>", text)
		}
	}
}

func Example() {
	tok, err := Parse(tinyJSON())
	if err != nil {
		panic(err)
	}
	ids := tok.Encode("prompts tuned")
	fmt.Println(ids, tok.Decode(ids))
	// Output: [4 5 6 7 1] prompts tuned
}

func FuzzEncode(f *testing.F) {
	f.Add("prompts tuned <extra_id_0> é\u0301 \xff\x00")
	tok := tiny(f)
	f.Fuzz(func(t *testing.T, text string) {
		ids := tok.Encode(text)
		unknown := func(id int32) bool { return id < 0 || int(id) >= tok.Size() }
		if ids[len(ids)-1] != tok.EOS || slices.ContainsFunc(ids, unknown) {
			t.Errorf("%q: %v", text, ids)
		}
		tok.Decode(ids)
	})
}

// fuzzParse holds that a vocabulary that is accepted encodes any text to ids that it has.
func fuzzParse(f *testing.F, parse func([]byte) (*Tokenizer, error)) {
	f.Fuzz(func(t *testing.T, data []byte) {
		tok, err := parse(data)
		if err != nil {
			return
		}
		for _, id := range tok.Encode("prompts tuned</s> A é ｗｉｄｅ ① \x00\xff") {
			if tok.Piece(id) == "" {
				t.Errorf("id %d is none of the vocabulary's %d", id, tok.Size())
			}
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	tok, err := Load(shared(b, "data/t5_vocab/tokenizer.json"))
	if err != nil {
		b.Fatal(err)
	}
	text, err := os.ReadFile(shared(b, "data/corpora/gutenberg/1342-0.txt"))
	if err != nil {
		b.Fatal(err)
	}
	tokens := 0
	for b.Loop() {
		tokens += len(tok.Encode(string(text)))
	}
	b.ReportMetric(float64(tokens)/b.Elapsed().Seconds(), "tokens/s")
}
