// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"image/color"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

var formats = map[string]func(*Drawing) ([]byte, error){"pdf": (*Drawing).PDF, "svg": (*Drawing).SVG,
	"png": (*Drawing).PNG}

func render(t *testing.T, d *Drawing, format string) []byte {
	t.Helper()
	data, err := formats[format](d)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func drawing(t *testing.T, c *LearningCurve) *Drawing {
	t.Helper()
	d, err := c.Drawing()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The same data give the same bytes, from a drawing used twice, from another drawing, and in another time zone.
func TestSameBytes(t *testing.T) {
	defer func(local *time.Location) { time.Local = local }(time.Local)
	for format := range formats {
		time.Local = time.UTC
		one := drawing(t, wordy())
		first := render(t, one, format)
		if !bytes.Equal(first, render(t, one, format)) {
			t.Errorf("%s: the same drawing gave other bytes the second time", format)
		}
		time.Local = time.FixedZone("", -5*3600)
		if !bytes.Equal(first, render(t, drawing(t, wordy()), format)) {
			t.Errorf("%s: an equal curve gave other bytes in another time zone", format)
		}
	}
}

var (
	pdfStream = regexp.MustCompile(`(?s)>>stream\n(.*?)\nendstream`)
	pdfOffset = regexp.MustCompile(`(\d{10}) 00000 n `)
)

// streams returns a PDF's inflated streams.
func streams(t *testing.T, data []byte) (texts []string) {
	t.Helper()
	for _, match := range pdfStream.FindAllSubmatch(data, -1) {
		r, err := zlib.NewReader(bytes.NewReader(match[1]))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	return texts
}

func TestPDF(t *testing.T) {
	data := render(t, drawing(t, wordy()), "pdf")
	text := string(data)
	descriptors := strings.Count(text, "/FontDescriptor<<")
	if embedded := strings.Count(text, "/FontFile2 "); descriptors == 0 || embedded != descriptors {
		t.Errorf("%d fonts, %d of them embedded as TrueType; want all of at least one", descriptors, embedded)
	}
	if !strings.Contains(text, "+LiberationSans") || len(data) > 60_000 {
		t.Errorf("want a subset of Liberation Sans in at most 60 kB (the whole font has 200), found %d bytes",
			len(data))
	}
	for _, unwanted := range []string{"/Type3", "/Type1", "Date"} {
		if strings.Contains(text, unwanted) {
			t.Errorf("found %s", unwanted)
		}
	}
	for i, match := range pdfOffset.FindAllSubmatch(data, -1) {
		offset, _ := strconv.Atoi(string(match[1]))
		if want := fmt.Sprintf("%d 0 obj", i+1); !strings.HasPrefix(text[offset:], want) {
			t.Errorf("table of offsets: at %d there must be %q, found %.12q", offset, want, text[offset:])
		}
	}
	texts := streams(t, data)
	font := slices.IndexFunc(texts, func(s string) bool { return strings.HasPrefix(s, "\x00\x01\x00\x00") })
	if font < 0 {
		t.Fatal("no TrueType font in any stream")
	}
	checkFont(t, texts[font])
	meant := meanings(strings.Join(texts, "\n"))
	for _, letter := range "DPTαΔσβ≤×±→é□" {
		if !meant[letter] {
			t.Errorf("no glyph is said to mean %c: it can't be searched or copied", letter)
		}
	}
	if meant['字'] {
		t.Error("a glyph is said to mean 字, which is nowhere in the picture")
	}
}

// meanings reads the lines "<glyph> <letter>" and "<first glyph> <last glyph> <first letter>" of a ToUnicode map.
func meanings(text string) map[rune]bool {
	letters := map[rune]bool{}
	for _, match := range regexp.MustCompile(`(?m)^<(\w{4})> <(\w{4})>(?: <(\w{4})>)?`).FindAllStringSubmatch(text,
		-1) {
		var numbers [3]rune
		for i, s := range match[1:] {
			n, _ := strconv.ParseInt(s, 16, 32)
			numbers[i] = rune(n)
		}
		if match[3] == "" {
			letters[numbers[1]] = true
			continue
		}
		for i := range numbers[1] - numbers[0] + 1 {
			letters[numbers[2]+i] = true
		}
	}
	return letters
}

// sum adds 4-byte words, as a TrueType checksum does.
func sum(words []byte) (s uint32) {
	for ; len(words) >= 4; words = words[4:] {
		s += binary.BigEndian.Uint32(words)
	}
	return s
}

// checkFont checks that an embedded font tells no time of making, and that it is whole: OpenType sets the sum of all
// its words to 0xB1B0AFBA, and that of each table to what the directory says.
func checkFont(t *testing.T, font string) {
	t.Helper()
	if len(font) < 12 || len(font)%4 != 0 {
		t.Fatalf("no font: %d bytes", len(font))
	}
	if got := sum([]byte(font)); got != 0xB1B0AFBA {
		t.Errorf("the font's words sum to %08X, want B1B0AFBA", got)
	}
	for i := range int(binary.BigEndian.Uint16([]byte(font[4:]))) {
		entry := []byte(font[12+16*i:])
		offset, length := binary.BigEndian.Uint32(entry[8:]), binary.BigEndian.Uint32(entry[12:])
		table := []byte(font[offset : offset+(length+3)/4*4])
		if string(entry[:4]) == "head" {
			if !bytes.Equal(table[20:28], table[28:36]) {
				t.Errorf("the font was created at % x and changed at % x, want no change", table[20:28], table[28:36])
			}
			clear(table[8:12])
		}
		if got, want := sum(table), binary.BigEndian.Uint32(entry[4:]); got != want {
			t.Errorf("table %s sums to %08X, want %08X", entry[:4], got, want)
		}
	}
}

// A stroke after a half-transparent fill is opaque, and dashes are as long as asked for: canvas by itself does neither.
func TestPDFStrokes(t *testing.T) {
	stroke := draw.LineStyle{Color: color.NRGBA{R: 200, A: 255}, Width: 2}
	d := &Drawing{Width: 100, Height: 100, Draw: func(c draw.Canvas) {
		c.StrokeLine2(stroke, 10, 10, 90, 10)
		c.FillPolygon(color.NRGBA{B: 200, A: 51}, []vg.Point{{X: 10, Y: 20}, {X: 90, Y: 20}, {X: 50, Y: 60}})
		c.StrokeLine2(stroke, 10, 70, 90, 70)
		dashed := stroke
		dashed.Dashes = []vg.Length{6, 3}
		c.StrokeLine2(dashed, 10, 80, 90, 80)
	}}
	data := render(t, d, "pdf")
	content := streams(t, data)[0]
	alpha, words := 1.0, strings.Fields(strings.ReplaceAll(strings.ReplaceAll(content, "[", " [ "), "]", " ] "))
	var fills, strokes []float64
	var dashes []string
	for i, word := range words {
		switch word {
		case "gs":
			state := regexp.MustCompile(words[i-1] + `<<[^>]*/ca ([0-9.]+)`).FindSubmatch(data)
			if state == nil {
				t.Fatalf("no graphics state %s in %s", words[i-1], data)
			}
			alpha, _ = strconv.ParseFloat(string(state[1]), 64)
		case "f":
			fills = append(fills, alpha)
		case "S":
			strokes = append(strokes, alpha)
		case "d":
			dashes = words[i-4 : i-2]
		}
	}
	if fmt.Sprint(strokes) != "[1 1 1]" {
		t.Errorf("strokes have alpha %v, want 1 each, in %s", strokes, content)
	}
	if len(fills) < 2 || math.Abs(fills[1]-0.2) > 0.001 { // the first is the page
		t.Errorf("fills have alpha %v, want the second to be 0.2", fills)
	}
	for i, want := range []float64{6, 3} {
		if len(dashes) != 2 {
			t.Fatalf("dashes %v, want two", dashes)
		}
		if got, _ := strconv.ParseFloat(dashes[i], 64); !(math.Abs(got/25.4*72-want) <= 0.01) {
			t.Errorf("dash %d is %v mm long, want %v pt", i, got, want)
		}
	}
}

func TestSVG(t *testing.T) {
	c := wordy()
	c.Title = "a < b & c"
	data := render(t, drawing(t, c), "svg")
	var root struct {
		Title string `xml:"title"`
		Desc  string `xml:"desc"`
		Width string `xml:"width,attr"`
		Style string `xml:"style"`
	}
	if err := xml.Unmarshal(data, &root); err != nil {
		t.Fatal(err)
	}
	if root.Title != c.Title || !strings.Contains(root.Desc, "café") || root.Width != "76.962mm" {
		t.Errorf("got title %q, description %q, width %q; want those of the drawing, 3.03 in = 76.962 mm wide",
			root.Title, root.Desc, root.Width)
	}
	family := regexp.MustCompile(`font-family:('LiberationSans-[0-9a-f]{8}')`).FindStringSubmatch(root.Style)
	if family == nil || !strings.Contains(string(data), "px "+strings.Trim(family[1], "'")+",") ||
		strings.Contains(string(data), "LiberationSans-Regular") {
		t.Errorf("the texts must use the embedded font, found the family %v", family)
	}
	coded := regexp.MustCompile(`base64,([^']*)'`).FindStringSubmatch(root.Style)
	if coded == nil {
		t.Fatal("no font")
	}
	font, err := base64.StdEncoding.DecodeString(coded[1])
	if err != nil {
		t.Fatal(err)
	}
	checkFont(t, string(font))
	if len(data) > 100_000 {
		t.Errorf("%d bytes, want at most 100 kB: a subset of the font", len(data))
	}
	other := render(t, drawing(t, made(3, 16)), "svg")
	if strings.Contains(string(other), family[1]) {
		t.Error("two pictures use one name for two subsets: in one page the second would replace the first")
	}
}

func TestPNGResolution(t *testing.T) {
	data := render(t, drawing(t, made(3, 16)), "png")
	at := bytes.Index(data, []byte("pHYs"))
	if at < 0 || !bytes.Equal(data[at+4:at+13], []byte{0, 0, 0x2e, 0x23, 0, 0, 0x2e, 0x23, 1}) {
		t.Error("want a pHYs chunk of 11811 pixels per metre, 300 dpi")
	}
}

func TestExport(t *testing.T) {
	d := drawing(t, made(3, 16))
	base := filepath.Join(t.TempDir(), "new", "folder", "curve.v1")
	for range 2 { // the second time over the first's files
		names, err := d.Export(base)
		if err != nil {
			t.Fatal(err)
		}
		for i, format := range []string{"pdf", "svg", "png"} {
			data, err := os.ReadFile(names[i])
			if err != nil || names[i] != base+"."+format || !bytes.Equal(data, render(t, d, format)) {
				t.Errorf("%s: not the drawing (%v)", names[i], err)
			}
		}
	}
	if entries, err := os.ReadDir(filepath.Dir(base)); err != nil || len(entries) != 3 {
		t.Errorf("found %v (%v), want three files", entries, err)
	}
	if _, err := d.Export(filepath.Join(base+".pdf", "curve")); err == nil ||
		!strings.Contains(err.Error(), "DPT on CB") {
		t.Errorf("export into a file as folder: got %v, want an error that names the drawing", err)
	}
}
