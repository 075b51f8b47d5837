// SPDX-License-Identifier: Apache-2.0

package tokenizer

import (
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// testMap is a precompiled character map of pairs of a text and its replacement, with 256 units for each node of the
// double array's trie.
func testMap(pairs ...string) []byte {
	units, replacements := make([]uint32, 256), []byte{}
	grow := func(node uint32) uint32 { // gives a node its children
		children := uint32(len(units))
		units = append(units, make([]uint32, 256)...)
		units[node] |= (node ^ children) << 10
		return children
	}
	root := grow(0)
	children := map[uint32]uint32{0: root}
	for i := 0; i < len(pairs); i += 2 {
		node := uint32(0)
		for _, b := range []byte(pairs[i]) {
			if children[node] == 0 {
				children[node] = grow(node)
			}
			node = children[node] ^ uint32(b)
			units[node] |= uint32(b)
		}
		if children[node] == 0 {
			children[node] = grow(node)
		}
		units[node] |= 1 << 8
		units[children[node]] = 1<<31 | uint32(len(replacements))
		replacements = append(append(replacements, pairs[i+1]...), 0)
	}
	return append(testUnits(units...), replacements...)
}

// testUnits is the trie of a precompiled character map.
func testUnits(units ...uint32) []byte {
	data := binary.LittleEndian.AppendUint32(nil, uint32(4*len(units)))
	for _, unit := range units {
		data = binary.LittleEndian.AppendUint32(data, unit)
	}
	return data
}

func TestCharacterMap(t *testing.T) {
	m, err := newCharacterMap(testMap("A", "s", "\t", " ", "e\u0301", "é", "x", "", "가", "ga", "ab", "!"))
	if err != nil {
		t.Fatal(err)
	}
	n := normalizer{chars: m}
	// A grapheme of less than 6 bytes is looked up as a whole, a longer one by character; "ab" is two graphemes.
	for text, want := range map[string]string{
		"": "", "promptA": "prompts", "axb": "ab", "가": "ga", "ab": "ab", "\x00A": "\x00s",
		"e\u0301a": "éa", "e\u0301\u0301": "é", "e\u0301\u0301\u0301": "e\u0301\u0301\u0301",
		"\xe2\x82\xacA\xe2\x82": "€s\ufffd\ufffd", "\xffe\u0301": "\ufffdé",
	} {
		if got := n.normalise(text); got != want {
			t.Errorf("%q: normalised %q, want %q", text, got, want)
		}
	}
}

// Damaged maps are refused when they are read, wherever the damage is.
func TestCharacterMapRefuses(t *testing.T) {
	const leaf, value = 1 << 8, 1 << 31
	for name, data := range map[string][]byte{
		"empty":                        nil,
		"no trie":                      {0, 0, 0, 0, 'a', 0, 0, 0},
		"longer than the file":         {9, 0, 0, 0, 1, 2, 3, 4},
		"no multiple of 4":             {3, 0, 0, 0, 1, 2, 3, 0},
		"no NUL":                       append(testUnits(0), 'a'),
		"replacements not UTF-8":       append(testUnits(0), 0xff, 0),
		"leaf outside the trie":        append(testUnits(leaf|5<<10, value), 'a', 0),
		"value outside":                append(testUnits(leaf|1<<10, value|2), 'a', 0),
		"value in no replacements":     testUnits(leaf|1<<10, value),
		"value in a character's midst": append(testUnits(leaf|1<<10, value|1), "é\x00"...),
	} {
		if _, err := newCharacterMap(data); err == nil {
			t.Errorf("%s: must be refused", name)
		}
	}
}

// The shared damaged vocabularies made Encode panic.
func TestDamagedVocabularies(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(shared(t, "cases/tokenizer-panic"), "*"))
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for _, path := range files {
		if info, err := os.Stat(path); err != nil || info.IsDir() {
			continue
		}
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), "character map") {
			t.Errorf("%s: error %v, must mention the character map", path, err)
		}
		refused++
	}
	if refused == 0 {
		t.Error("no vocabularies")
	}
}

// randomText is made of what cuts, joins and changes words.
func randomText(random *rand.Rand, words int) string {
	parts := []string{
		" ", " ", " ", " ", "  ", "\t", "\n", "\r\n", "▁", "s", "prompt", "tune", "d", "A", "é", "e\u0301", "\u0301",
		" \u0301", "日本", "</s>", "<extra_id_0>", "ﬁ", "Ａ", "🇫🇷", "🇫", "👨\u200d👩", "\u200b", "\u00a0", "\xff",
		"\xe2\x96", "{",
		" { ", "\x00", "\u0d4e",
	}
	var text strings.Builder
	for range words {
		text.WriteString(parts[random.IntN(len(parts))])
	}
	return text.String()
}

// variants are vocabularies of all the kinds that are followed, and T5's.
func variants(t testing.TB) map[string]*Tokenizer {
	toks := map[string]*Tokenizer{}
	for _, c := range settingsFollowed {
		tok, err := Parse(edited(t, c.edits))
		if err != nil {
			t.Fatal(err)
		}
		toks[c.name] = tok
	}
	return toks
}

// A text's ids do not depend on where it is cut into chunks, and EncodeMax is Encode cut.
func TestChunks(t *testing.T) {
	toks := variants(t)
	for _, form := range []string{"tokenizer.json", "t5_vocab"} {
		tok, err := Load(shared(t, "data/t5_vocab/"+form))
		if err != nil {
			t.Fatal(err)
		}
		toks[form] = tok
	}
	random := rand.New(rand.NewPCG(1, 2))
	cut := 0
	for name, tok := range toks {
		for range 4 {
			text := randomText(random, 1+random.IntN(8000))
			whole := tok.normalizer
			whole.whole = true
			once := *tok
			once.normalizer = whole
			want := once.Encode(text)
			if got := tok.Encode(text); !slices.Equal(got, want) {
				t.Fatalf("%s: in chunks the ids of %q are not those of the whole", name, text)
			}
			for range tok.normalizer.chunks(text) {
				cut++
			}
			cut--
			n := 1 + random.IntN(len(want)+2)
			if len(want) > n {
				want = append(want[:n-1], tok.EOS)
			}
			if got := tok.EncodeMax(text, n); !slices.Equal(got, want) {
				t.Fatalf("%s: at most %d of %q: got %v, want %v", name, n, text, got, want)
			}
		}
	}
	if cut < 200 {
		t.Errorf("only %d cuts", cut)
	}
}

// What EncodeMax cuts away costs next to nothing: of 8 MB it makes as much as of 80 KB.
func TestEncodeMaxIsBounded(t *testing.T) {
	tok := tiny(t)
	allocated := func(part string, size int) float64 {
		text := strings.Repeat(part, size/len(part))
		return testing.AllocsPerRun(3, func() { tok.EncodeMax(text, 256) })
	}
	for _, part := range []string{"prompts tuned ", "日本 é ", "s\t\td x ", "</s> tune "} {
		short, long := allocated(part, 80_000), allocated(part, 8_000_000)
		if long > short {
			t.Errorf("%q: %v allocations for 8 MB, %v for 80 KB", part, long, short)
		}
	}
}

// FuzzCharacterMap checks that every map that is accepted, with any trie, makes valid UTF-8 of any bytes.
func FuzzCharacterMap(f *testing.F) {
	const leaf, value = 1 << 8, 1 << 31
	small := append(testUnits(0, 1|leaf|3<<10, value), "é\x00"...) // the byte 1 becomes é
	f.Add(small, "\x01\x02 \xff")
	f.Add(small[:len(small)-1], "\x01")
	f.Add(append(testUnits(0, 1|leaf|3<<10, value, 2|7<<10, 3|leaf|1<<10, value), "a\x00\x00"...),
		"\x01\x02\x03\xe2\x82")
	f.Add(testMap("e\u0301", "é"), "e\u0301 \xe2\x82")
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		m, err := newCharacterMap(data)
		if err != nil {
			return
		}
		n := normalizer{chars: m}
		if got := n.normalise(text); !utf8.ValidString(got) {
			t.Errorf("%q: normalised %q", text, got)
		}
	})
}
