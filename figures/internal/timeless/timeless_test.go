// SPDX-License-Identifier: Apache-2.0

package timeless

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tdewolff/canvas"
	"github.com/tdewolff/canvas/renderers"
	"github.com/tdewolff/canvas/renderers/pdf"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/vg"
)

// write draws texts on a page of a PDF, each in another font.
func write(t testing.TB, texts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	doc := pdf.New(&b, 100, 100, nil)
	c := renderers.NewGonumPlot(canvas.Renderer(doc))
	cache := font.NewCache(liberation.Collection())
	for i, text := range texts {
		f := font.Font{Typeface: "Liberation", Variant: []font.Variant{"Sans", "Serif"}[i], Size: 12}
		c.FillString(cache.Lookup(f, 12), vg.Point{X: 10, Y: vg.Length(10 + 20*i)}, text)
	}
	if err := doc.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var tag = regexp.MustCompile(`/(FontName|BaseFont)/([^+/]*)\+`)

// tags are the subset tags of a PDF, each once, and fail if a tag is not six capital letters.
func tags(t *testing.T, data []byte) (all []string) {
	t.Helper()
	for _, match := range tag.FindAllStringSubmatch(string(data), -1) {
		if !regexp.MustCompile(`^[A-Z]{6}$`).MatchString(match[2]) {
			t.Errorf("a subset's tag is %q, want six capital letters", match[2])
		}
		if !strings.Contains(strings.Join(all, " "), match[2]) {
			all = append(all, match[2])
		}
	}
	return all
}

// TestTags: the subsets of one font that two files hold have names of their own, as have two fonts of one file; the
// same letters have the same name.
func TestTags(t *testing.T) {
	pdf := func(texts ...string) []byte {
		data, err := PDF(write(t, texts...))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	one, same, other := tags(t, pdf("abc")), tags(t, pdf("abcab")), tags(t, pdf("abcd"))
	if len(one) != 1 || fmt.Sprint(one) != fmt.Sprint(same) || fmt.Sprint(one) == fmt.Sprint(other) {
		t.Errorf("abc has the tags %v, abcab %v, abcd %v; want one each, the first two the same", one, same, other)
	}
	if two := tags(t, pdf("abc", "abc")); len(two) != 2 {
		t.Errorf("two fonts of a file have the tags %v, want two", two)
	}
}

// TestClock: files written at different seconds, and by clocks of different zones, become equal.
func TestClock(t *testing.T) {
	defer func(local *time.Location) { time.Local = local }(time.Local)
	early := write(t, "abc", "αβγ")
	time.Local = time.FixedZone("", -5*3600)
	late := write(t, "abc", "αβγ")
	head := []byte("\x00\x00\x00\x00") // of the seconds in a font's date of modification, as if the clock had gone on
	if late = later(t, late, head); bytes.Equal(early, late) {
		t.Fatal("the two files do not differ to begin with")
	}
	one, err := PDF(early)
	if err != nil {
		t.Fatal(err)
	}
	two, err := PDF(late)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one, two) {
		t.Error("the time is still in the files")
	}
}

// later changes the seconds in the dates of modification of a PDF's fonts.
func later(t *testing.T, data, seconds []byte) []byte {
	t.Helper()
	return object.ReplaceAllFunc(data, func(o []byte) []byte {
		parts := object.FindSubmatch(o)
		packed := stream.FindSubmatch(parts[2])
		if packed == nil {
			return o
		}
		content := inflate(t, packed[3])
		if !bytes.HasPrefix(content, []byte{0, 1, 0, 0}) {
			return o
		}
		at := bytes.Index(content, []byte("head"))
		offset := int(content[at+8])<<24 | int(content[at+9])<<16 | int(content[at+10])<<8 | int(content[at+11])
		copy(content[offset+32:], seconds)
		var b bytes.Buffer
		w := zlib.NewWriter(&b)
		w.Write(content)
		w.Close()
		return fmt.Appendf(nil, "%s 0 obj\n%s%d%s%s\nendstream\n\nendobj\n", parts[1], packed[1], b.Len(), packed[2],
			b.Bytes())
	})
}

func inflate(t testing.TB, packed []byte) []byte {
	t.Helper()
	r, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := b.ReadFrom(r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestRefuses: what canvas does not write is an error, not a damaged file.
func TestRefuses(t *testing.T) {
	whole := write(t, "abc")
	for name, data := range map[string][]byte{"empty": nil, "text": []byte("hello"), "cut": whole[:len(whole)/2]} {
		if _, err := PDF(data); err == nil {
			t.Errorf("%s: a PDF without objects and trailer was taken", name)
		}
	}
}

// FuzzFont: a font that is cut or damaged is an error and no panic.
func FuzzFont(f *testing.F) {
	for _, o := range object.FindAllSubmatch(write(f, "abc"), -1) {
		if packed := stream.FindSubmatch(o[2]); packed != nil {
			f.Add(inflate(f, packed[3]))
		}
	}
	f.Add([]byte("\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00headxxxx\x00\x00\x00\x1c\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, font []byte) {
		if err := setFontTime(font); err == nil && sum(font) != 0xB1B0AFBA {
			t.Errorf("the font's words sum to %08X", sum(font))
		}
	})
}
