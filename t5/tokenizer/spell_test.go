// SPDX-License-Identifier: Apache-2.0

package tokenizer

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// Labels as T5's vocabulary and the toys' spell them.
func TestSpell(t *testing.T) {
	t5, err := Load(shared(t, "data/t5_vocab/t5_vocab"))
	if err != nil {
		t.Fatal(err)
	}
	toy, err := Load("../toy/spiece.model")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		tok         *Tokenizer
		label, want string
		says        string // of the error
	}{
		{t5, "not good", "not good", ""},
		{t5, "not  good", "not good", ""},
		{t5, " not\tgood\n", "not good", ""},
		{t5, "ﬁne", "fine", ""},
		{t5, "Ｙｅｓ", "Yes", ""},
		{t5, "cafe\u0301", "café", ""},
		{t5, "x²", "x2", ""},
		{t5, "not_entailment", "not_entailment", ""},
		{t5, "größe", "größe", ""},
		{t5, "", "", "none"},
		{t5, " \n\u200b", "", "none"},
		{t5, "{yes}", "", `<unk>`},
		{t5, "a < b", "", `<unk>`},
		{t5, "日本", "", `"日本"`},
		{t5, "👍", "", `<unk>`},
		{t5, "yes</s>", "", "special"},
		{t5, "<extra_id_0>", "", "special"},
		{t5, "yes\xff", "yes", ""}, // T5's character map turns U+FFFD into a space
		{toy, "not  good", "not good", ""},
		{toy, "{yes}", "{yes}", ""},
		{toy, "größe", "", `<unk>`},
		{toy, "▁", "", "none"},
	} {
		got, err := c.tok.Spell(c.label)
		if c.says != "" {
			name := fmt.Sprintf("%q", c.label)
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), name) {
				t.Errorf("%s: error %v, must mention it and %s", name, err, c.says)
			}
			continue
		}
		if err != nil || got != c.want {
			t.Errorf("%q: spelled %q, error %v, want %q", c.label, got, err, c.want)
			continue
		}
		if !slices.Equal(c.tok.Encode(c.label), c.tok.Encode(c.want)) || c.tok.Decode(c.tok.Encode(c.label)) != c.want {
			t.Errorf("%q and %q must have the same ids, and be read as the latter", c.label, c.want)
		}
	}
}

// Two labels that a vocabulary spells alike cannot be told apart.
func ExampleTokenizer_Spell() {
	vocabulary, err := os.ReadFile("../toy/spiece.model")
	if err != nil {
		panic(err)
	}
	tok, err := Parse(vocabulary)
	if err != nil {
		panic(err)
	}
	for _, label := range []string{"not good", "not  good", "größe"} {
		fmt.Println(tok.Spell(label))
	}
	// Output:
	// not good <nil>
	// not good <nil>
	//  "größe": the vocabulary must have pieces for all of it, found ["▁gr" "<unk>" "e"]
}
