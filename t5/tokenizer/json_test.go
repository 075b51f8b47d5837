// SPDX-License-Identifier: Apache-2.0

package tokenizer

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// edit changes a part of tinyJSON.
type edit struct{ old, new string }

func edited(t testing.TB, edits []edit) []byte {
	t.Helper()
	text := string(tinyJSON())
	for _, e := range edits {
		if !strings.Contains(text, e.old) {
			t.Fatalf("tinyJSON must hold %s", e.old)
		}
		text = strings.Replace(text, e.old, e.new, 1)
	}
	return []byte(text)
}

const strip = `{"type":"Strip","strip_left":false,"strip_right":true}`

// precompiled writes A and { as s, and a tab as a space.
var precompiled = `{"type":"Precompiled","precompiled_charsmap":"` +
	base64.StdEncoding.EncodeToString(testMap("A", "s", "\t", " ", "{", "s")) + `"}`

func replace(content string) string {
	return `{"type":"Replace","pattern":{"Regex":" {2,}"},"content":"` + content + `"}`
}

func sequence(steps ...string) string {
	return `{"type":"Sequence","normalizers":[` + strings.Join(steps, ",") + `]}`
}

func normalizing(value string) edit { return edit{`"normalizer":null`, `"normalizer":` + value} }

func metaspace(settings string) edit {
	return edit{bothSteps, `{"type":"Metaspace","replacement":"▁"` + settings + `}`}
}

func decoder(scheme string) edit {
	from := `"decoder":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"`
	return edit{from, strings.Replace(from, "always", scheme, 1)}
}

// token is an added token of a tokenizer.json with the settings named true.
func token(id int, content, settings string) string {
	text := fmt.Sprintf(`{"id":%d,"content":"%s"`, id, content)
	for _, name := range []string{"single_word", "lstrip", "rstrip", "normalized", "special"} {
		text += fmt.Sprintf(`,"%s":%v`, name, slices.Contains(strings.Fields(settings), name))
	}
	return text + "}"
}

func added(tokens ...string) edit {
	return edit{token(2, "<unk>", "special"), token(2, "<unk>", "special") + "," + strings.Join(tokens, ",")}
}

type encoded struct {
	text    string
	ids     []int32
	decoded string
}

// The ids and texts are those of HuggingFace's tokenizers 0.23.3 with the same tokenizer.json.
var settingsFollowed = []struct {
	name  string
	edits []edit
	lines []encoded
}{
	{"as T5's", []edit{}, []encoded{
		{`prompts  tuned`, []int32{4, 5, 6, 7, 1}, `prompts tuned`},
		{"prompt\ttune \n", []int32{4, 6, 1}, `prompt tune`},
		{` sprompt`, []int32{3, 5, 2, 1}, `s`},
		{`prompt</s>s d  `, []int32{4, 1, 3, 5, 3, 7, 1}, `prompt s d`},
		{`</s> s▁▁d`, []int32{1, 3, 5, 3, 3, 7, 1}, `s  d`},
	}},
	{"as transformers 4.4x to 4.57 write it", []edit{
		normalizing(sequence(precompiled, strip, replace("▁"))),
		metaspace(`,"prepend_scheme":"always","split":true`),
	}, []encoded{
		{`prompts  tuned`, []int32{4, 5, 6, 7, 1}, `prompts tuned`},
		{"prompt\ttune \n", []int32{4, 6, 1}, `prompt tune`},
		{` sprompt`, []int32{3, 5, 2, 1}, `s`},
		{`prompt</s>s d  `, []int32{4, 1, 3, 5, 3, 7, 1}, `prompt s d`},
		{`</s> s▁▁d`, []int32{1, 3, 5, 3, 3, 7, 1}, `s  d`},
		{`AtuneA  A`, []int32{3, 5, 2, 5, 3, 5, 1}, `ss s`},
	}},
	{"as transformers wrote it before", []edit{
		normalizing(sequence(precompiled, replace(" "))),
		metaspace(`,"add_prefix_space":true`),
	}, []encoded{
		{`prompts  tuned`, []int32{4, 5, 6, 7, 1}, `prompts tuned`},
		{"prompt\ttune \n", []int32{4, 6, 3, 2, 1}, `prompt tune `},
		{` sprompt`, []int32{3, 5, 2, 1}, `s`},
		{`prompt</s>s d  `, []int32{4, 1, 3, 5, 3, 7, 3, 1}, `prompt s d `},
		{`</s> s▁▁d`, []int32{1, 3, 5, 3, 3, 7, 1}, `s  d`},
		{`AtuneA  A`, []int32{3, 5, 2, 5, 3, 5, 1}, `ss s`},
	}},
	{"with legacy false", []edit{
		normalizing(sequence(precompiled, strip, replace("▁"))),
		metaspace(`,"prepend_scheme":"first","split":true`),
	}, []encoded{
		{`prompts  tuned`, []int32{4, 5, 6, 7, 1}, `prompts tuned`},
		{"prompt\ttune \n", []int32{4, 6, 1}, `prompt tune`},
		{` sprompt`, []int32{3, 5, 2, 1}, `s`},
		{`prompt</s>s d  `, []int32{4, 1, 5, 3, 7, 1}, `prompts d`},
		{`</s> s▁▁d`, []int32{1, 3, 5, 3, 3, 7, 1}, `s  d`},
		{`s`, []int32{3, 5, 1}, `s`},
		{`</s>s`, []int32{1, 5, 1}, `s`},
	}},
	{"Precompiled", []edit{normalizing(precompiled)}, []encoded{
		{`prompts  tuned`, []int32{4, 5, 6, 7, 1}, `prompts tuned`},
		{"prompt\ttune \n", []int32{4, 6, 1}, `prompt tune`},
		{` sprompt`, []int32{3, 5, 2, 1}, `s`},
		{`prompt</s>s d  `, []int32{4, 1, 3, 5, 3, 7, 1}, `prompt s d`},
		{`</s> s▁▁d`, []int32{1, 3, 5, 3, 3, 7, 1}, `s  d`},
		{`AtuneA  A`, []int32{3, 5, 2, 5, 3, 5, 1}, `ss s`},
	}},
	{"Strip", []edit{normalizing(strip), metaspace(``)}, []encoded{
		{`prompt  `, []int32{4, 1}, `prompt`},
		{"prompt \t\n", []int32{4, 1}, `prompt`},
		{`  </s>s `, []int32{1, 3, 5, 1}, `s`},
	}},
	{"Strip of nothing", []edit{
		normalizing(`{"type":"Strip","strip_left":false,"strip_right":false}`),
		metaspace(``),
	}, []encoded{
		{`prompt  `, []int32{4, 3, 3, 1}, `prompt  `},
	}},
	{"Replace", []edit{normalizing(replace("▁")), metaspace(``)}, []encoded{
		{`s  s   prompt`, []int32{3, 5, 3, 5, 4, 1}, `s s prompt`},
		{"s \t s", []int32{3, 5, 3, 2, 3, 5, 1}, `s  s`},
	}},
	{"Sequence of nothing", []edit{normalizing(sequence()), metaspace(``)}, []encoded{
		{`s  s`, []int32{3, 5, 3, 3, 5, 1}, `s  s`},
	}},
	{"Metaspace with str_rep", []edit{metaspace(`,"str_rep":"▁"`)}, []encoded{
		{`prompts  tuned`, []int32{4, 5, 3, 6, 7, 1}, `prompts  tuned`},
		{"prompt\ttune \n", []int32{4, 2, 3, 2, 1}, `prompt `},
		{` sprompt`, []int32{3, 5, 2, 1}, `s`},
		{`prompt</s>s d  `, []int32{4, 1, 3, 5, 3, 7, 3, 3, 1}, `prompt s d  `},
		{`</s> s▁▁d`, []int32{1, 3, 5, 3, 3, 7, 1}, `s  d`},
	}},
	{"Metaspace never", []edit{metaspace(`,"prepend_scheme":"never","add_prefix_space":false`)}, []encoded{
		{`prompts  tuned`, []int32{2, 5, 3, 6, 7, 1}, `s  tuned`},
		{"prompt\ttune \n", []int32{2, 3, 2, 1}, ``},
		{` sprompt`, []int32{3, 5, 2, 1}, `s`},
		{`prompt</s>s d  `, []int32{2, 1, 5, 3, 7, 3, 3, 1}, `s d  `},
		{`</s> s▁▁d`, []int32{1, 3, 5, 3, 3, 7, 1}, `s  d`},
	}},
	{"Sequence of Metaspace", []edit{{
		bothSteps, `{"type":"Sequence","pretokenizers":[{"type":"Metaspace","replacement":"▁","prepend_scheme":"first"}]}`,
	}}, []encoded{
		{`s s</s>s`, []int32{3, 5, 3, 5, 1, 5, 1}, `s ss`},
	}},
	{"WhitespaceSplit and never", []edit{{bothSteps, strings.Replace(bothSteps, "always", "never", 1)}}, []encoded{
		{`prompts  tuned`, []int32{2, 5, 2, 7, 1}, `sd`},
		{"prompt\ttune \n", []int32{2, 2, 1}, ``},
		{` sprompt`, []int32{5, 2, 1}, `s`},
		{`prompt</s>s d  `, []int32{2, 1, 5, 7, 1}, `sd`},
		{`</s> s▁▁d`, []int32{1, 5, 3, 3, 7, 1}, `s  d`},
	}},
	{"decoder never", []edit{decoder("never")}, []encoded{
		{`prompts tune`, []int32{4, 5, 6, 1}, ` prompts tune`},
		{`s`, []int32{3, 5, 1}, ` s`},
	}},
	{"decoder first", []edit{decoder("first")}, []encoded{
		{`prompts tune`, []int32{4, 5, 6, 1}, `prompts tune`},
	}},
	{"added", []edit{added(token(8, "{", ""), token(9, "{{", ""), token(10, "tun", ""))}, []encoded{
		{`{prompt{{{s`, []int32{8, 4, 9, 8, 3, 5, 1}, `{ prompt{{{ s`},
		{`d { s`, []int32{3, 7, 8, 3, 5, 1}, `d{ s`},
		{`tuned`, []int32{10, 3, 2, 7, 1}, `tun d`},
	}},
	{"added, special", []edit{added(token(8, "{", "special"))}, []encoded{
		{`{prompt{s`, []int32{8, 4, 8, 3, 5, 1}, `prompt s`},
	}},
	{"added, in the vocabulary", []edit{added(token(5, "s", ""), token(4, "▁prompt", ""))}, []encoded{
		{`prompts sd ▁prompt`, []int32{4, 5, 5, 3, 7, 4, 1}, `promptss d prompt`},
	}},
	{"added, lstrip", []edit{added(token(8, "{", "lstrip"))}, []encoded{
		{"s \t { s{", []int32{3, 5, 8, 3, 5, 8, 1}, `s{ s{`},
		{`{{ {  d`, []int32{8, 8, 8, 3, 7, 1}, `{{{ d`},
	}},
	{"added, rstrip", []edit{added(token(8, "{", "rstrip"))}, []encoded{
		{"s { \n s{", []int32{3, 5, 8, 3, 5, 8, 1}, `s{ s{`},
		{`{  {{ d`, []int32{8, 8, 8, 3, 7, 1}, `{{{ d`},
	}},
	{"added, both", []edit{added(token(8, "{", "lstrip rstrip"))}, []encoded{
		{`s { s`, []int32{3, 5, 8, 3, 5, 1}, `s{ s`},
		{`{  { d`, []int32{8, 8, 3, 7, 1}, `{{ d`},
	}},
	{"added, single_word", []edit{added(token(8, "tune", "single_word"))}, []encoded{
		{"tune tuned stune _tune tune. é-tune-é étune tune\u0301 tune\u200d ①tune",
			[]int32{8, 6, 7, 3, 5, 2, 3, 2, 8, 3, 2, 3, 2, 8, 3, 2, 3, 2, 6, 2, 6, 2, 3, 2, 8, 1},
			`tune tuned s tune  tune   tune tune tune`},
	}},
	{"added, single_word, the longest first", []edit{
		added(token(8, "tu", "single_word"), token(9, "tune", "single_word"), token(10, "n", "")),
	}, []encoded{
		{`tuned tu tuned`, []int32{6, 7, 8, 6, 7, 1}, `tunedtu tuned`},
	}},
	{"added, normalized", []edit{
		normalizing(precompiled),
		added(token(8, "dA", "normalized"), token(9, "d d", "normalized")),
	}, []encoded{
		{"dA ds d\td d  d", []int32{8, 8, 9, 3, 7, 3, 7, 1}, `dsdsd d d d`},
	}},
	{"added, not normalized", []edit{normalizing(precompiled), added(token(8, "dA", ""))}, []encoded{
		{`dA ds`, []int32{8, 3, 7, 5, 1}, `dA ds`},
	}},
	{"added, both kinds", []edit{
		normalizing(precompiled),
		added(token(8, "{d", "normalized"), token(9, "{", "")),
	}, []encoded{
		{`{d sd`, []int32{9, 3, 7, 8, 1}, `{ dsd`},
		{`sd{`, []int32{8, 9, 1}, `sd{`},
	}},
	{"added, normalized, strips", []edit{
		normalizing(sequence(precompiled, strip)),
		metaspace(``),
		added(token(8, "{", "normalized lstrip rstrip single_word")),
	}, []encoded{
		{`d { s`, []int32{3, 7, 8, 8, 1}, `dss`},
		{`{`, []int32{8, 1}, `s`},
		{"d s\t d", []int32{3, 7, 8, 3, 7, 1}, `ds d`},
	}},
	{"special normalized", []edit{{token(1, "</s>", "special"), token(1, "</s>", "normalized special")}}, []encoded{
		{`s</s>s`, []int32{3, 5, 1, 3, 5, 1}, `s s`},
	}},
	{"unknown is not special", []edit{{token(2, "<unk>", "special"), token(2, "<unk>", "")}}, []encoded{
		{`xs`, []int32{3, 2, 5, 1}, `<unk>s`},
		{`<unk>x`, []int32{2, 3, 2, 1}, `<unk> <unk>`},
	}},
	{"unk_id", []edit{{`"unk_id":2`, `"unk_id":7`}}, []encoded{
		{`xs d`, []int32{3, 7, 5, 3, 7, 1}, `ds d`},
		{`dx`, []int32{3, 7, 1}, `d`},
		{`xdx`, []int32{3, 7, 1}, `d`},
	}},
}

func TestSettings(t *testing.T) {
	for _, c := range settingsFollowed {
		t.Run(c.name, func(t *testing.T) {
			tok, err := Parse(edited(t, c.edits))
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range c.lines {
				if got := tok.Encode(line.text); !slices.Equal(got, line.ids) {
					t.Errorf("%q: got %v, want %v", line.text, got, line.ids)
				}
				if got := tok.Decode(line.ids); got != line.decoded {
					t.Errorf("%v: decoded %q, want %q", line.ids, got, line.decoded)
				}
			}
		})
	}
}

// Settings that are not followed are refused by their names.
func TestSettingsRefused(t *testing.T) {
	model := func(settings string) edit { return edit{`"byte_fallback":false`, settings} }
	post := func(value string) edit {
		return edit{`"post_processor":{"type":"TemplateProcessing"`, `"post_processor":` + value}
	}
	for _, c := range []struct {
		says  string // each part of it
		edits []edit
	}{
		{"version", []edit{{`"version":"1.0"`, `"version":"2.0"`}}},
		{"truncation|8", []edit{
			{`"truncation":null`, `"truncation":{"max_length":8,"strategy":"LongestFirst","stride":0}`},
		}},
		{"padding|BatchLongest", []edit{{`"padding":null`, `"padding":{"strategy":"BatchLongest"}`}}},
		{"surprise", []edit{{`"version":"1.0"`, `"surprise":1`}}},
		{"padding|duplicate", []edit{{`"truncation":null`, `"padding":null`}}},

		{"normalizer|NFKC", []edit{normalizing(`{"type":"NFKC"}`)}},
		{"normalizer|Lowercase", []edit{normalizing(sequence(`{"type":"Lowercase"}`))}},
		{"normalizer|Precompiled", []edit{normalizing(sequence(strip, precompiled))}},
		{"normalizer|Precompiled", []edit{normalizing(sequence(precompiled, precompiled))}},
		{"normalizer|Sequence", []edit{normalizing(sequence(sequence(strip)))}},
		{"precompiled_charsmap", []edit{normalizing(`{"type":"Precompiled","precompiled_charsmap":""}`)}},
		{"precompiled_charsmap", []edit{normalizing(`{"type":"Precompiled","precompiled_charsmap":"?"}`)}},
		{"normalizer|strip_left", []edit{normalizing(`{"type":"Strip","strip_left":true,"strip_right":true}`)}},
		{"normalizer|Replace| +", []edit{normalizing(`{"type":"Replace","pattern":{"Regex":" +"},"content":" "}`)}},
		{"normalizer|Replace|String", []edit{normalizing(`{"type":"Replace","pattern":{"String":"a"},"content":"b"}`)}},
		{`normalizer|Replace|"x"`, []edit{normalizing(replace("x"))}},
		{"normalizer|surprise", []edit{normalizing(`{"type":"Strip","strip_right":true,"surprise":1}`)}},

		{"pre_tokenizer|null", []edit{{bothSteps, "null"}}},
		{"pre_tokenizer|Whitespace", []edit{{bothSteps, `{"type":"Whitespace"}`}}},
		{"pre_tokenizer|WhitespaceSplit", []edit{{bothSteps, `{"type":"WhitespaceSplit"}`}}},
		{"pre_tokenizer|ByteLevel", []edit{{bothSteps, `{"type":"ByteLevel","add_prefix_space":true}`}}},
		{"pre_tokenizer|Sequence", []edit{{bothSteps, `{"type":"Sequence","pretokenizers":[]}`}}},
		{"pre_tokenizer|prepend_scheme|first", []edit{{bothSteps, strings.Replace(bothSteps, "always", "first", 1)}}},
		{"pre_tokenizer|split", []edit{metaspace(`,"split":false`)}},
		{"pre_tokenizer|prepend_scheme|sometimes", []edit{metaspace(`,"prepend_scheme":"sometimes"`)}},
		{"pre_tokenizer|add_prefix_space", []edit{metaspace(`,"add_prefix_space":false`)}},
		{"pre_tokenizer|replacement|_", []edit{{bothSteps, `{"type":"Metaspace","replacement":"_"}`}}},

		{"post_processor|null", []edit{{template, "null"}}},
		{"post_processor|RobertaProcessing", []edit{post(`{"type":"RobertaProcessing"`)}},
		{"post_processor|single", []edit{{single, `"single":[{"Sequence":{"id":"A","type_id":0}}]`}}},
		{"post_processor|single", []edit{
			{single, `"single":[{"SpecialToken":{"id":"</s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}]`},
		}},
		{"post_processor|</s>", []edit{{`"ids":[1]`, `"ids":[0]`}}},
		{"post_processor|</s>", []edit{{`"ids":[1]`, `"ids":[1,1]`}}},

		{"decoder|null", []edit{
			{`"decoder":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}`,
				`"decoder":null`},
		}},
		{"decoder|WordPiece", []edit{{`"decoder":{"type":"Metaspace"`, `"decoder":{"type":"WordPiece"`}}},

		{"model|byte_fallback", []edit{model(`"byte_fallback":true`)}},
		{"model|surprise", []edit{model(`"surprise":1`)}},
		{"model|BPE", []edit{{`"type":"Unigram"`, `"type":"BPE"`}}},
		{"model|unk_id", []edit{{`"unk_id":2`, `"unk_id":null`}}},
		{"model|unk_id", []edit{{`"unk_id":2`, `"unk_id":8`}}},
		{"model|unk_id", []edit{{`"unk_id":2`, `"unk_id":-1`}}},
		{"piece 5", []edit{{`["s",-3]`, `["s",null]`}}},
		{"piece 5", []edit{{`["s",-3]`, `[null,-3]`}}},
		{"vocab/5", []edit{{`["s",-3]`, `["s",-3,1]`}}},
		{"vocab/5", []edit{{`["s",-3]`, `["\ud800",-3]`}}},
		{"piece 5", []edit{{`["s",-3]`, `["s",-1e999]`}}},

		{"added token|{|9", []edit{added(token(9, "{", ""))}},
		{"added token|s|5", []edit{added(token(6, "s", ""))}},
		{"added token|empty", []edit{added(token(8, "", ""))}},
		{"added token|{", []edit{added(token(8, "{", ""), token(8, "{", ""))}},
		{"added token|A|normalisation", []edit{
			normalizing(precompiled), added(token(8, "{", "normalized"), token(9, "A", "normalized")),
		}},
		{"added token|{|normalized", []edit{normalizing(precompiled), added(token(8, "{", "normalized special"))}},
		{"added token|lstrip", []edit{added(token(8, " ", "lstrip"))}},
	} {
		_, err := Parse(edited(t, c.edits))
		for _, says := range strings.Split(c.says, "|") {
			if err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%q: error %v, must mention %q", c.edits[0].new, err, says)
			}
		}
	}
}

func FuzzJSON(f *testing.F) {
	f.Add(tinyJSON())
	for _, c := range settingsFollowed {
		f.Add(edited(f, c.edits))
	}
	fuzzParse(f, parseJSON)
}
