// SPDX-License-Identifier: Apache-2.0

// Package timeless makes the PDF and SVG files that github.com/tdewolff/canvas writes depend on nothing but the
// picture, so that the same drawing gives the same bytes.
//
// Canvas offers no way to leave out the time of day, and writes it in three places: as the PDF's creation date, and as
// the date of modification in the fonts embedded in a PDF and an SVG. In a PDF it also names every subset of a font
// SUBSET, although the standard asks for six letters that differ between subsets: a paper that includes two such
// figures holds two fonts of one name, and a program that merges the pages may draw one figure with the other's
// letters. PDF derives the letters from the subset itself.
package timeless

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"hash/crc32"
	"io"
	"regexp"
)

var (
	object   = regexp.MustCompile(`(?s)(\d+) 0 obj\n(.*?)\nendobj\n`)
	stream   = regexp.MustCompile(`(?s)^(<<.*/Length )\d+(.*>>stream\n)(.*)\nendstream\n$`)
	date     = regexp.MustCompile(`/CreationDate\(D:[^)]*\)`)
	fontFile = regexp.MustCompile(`/FontFile2 (\d+) 0 R`)
)

// PDF returns a PDF of canvas's without its date, with fonts that hold no time and have their own subset tags. The
// objects change their lengths by this, so PDF writes a new table of their offsets.
func PDF(data []byte) ([]byte, error) {
	start, trailer := bytes.Index(data, []byte(" 0 obj\n")), bytes.LastIndex(data, []byte("trailer\n"))
	end := bytes.LastIndex(data, []byte("\nstartxref\n"))
	if start < 1 || trailer < 0 || end < trailer {
		return nil, fmt.Errorf("a PDF must have objects and a trailer, found neither: this version of canvas writes " +
			"another form")
	}
	out := bytes.NewBuffer(bytes.Clone(data[:bytes.LastIndexByte(data[:start], '\n')+1]))
	objects := object.FindAllSubmatch(data[:trailer], -1)
	offsets := make(map[string]int, len(objects))
	tags := map[string]string{} // by the number of a font's stream, which canvas writes before the font
	for _, o := range objects {
		number, body := string(o[1]), o[2]
		offsets[number] = out.Len()
		fmt.Fprintf(out, "%s 0 obj\n", number)
		if parts := stream.FindSubmatch(body); parts != nil {
			packed, tag, err := timelessStream(parts[3])
			if err != nil {
				return nil, fmt.Errorf("object %s: %w", number, err)
			}
			tags[number] = tag
			fmt.Fprintf(out, "%s%d%s%s\nendstream\n", parts[1], len(packed), parts[2], packed)
		} else {
			if font := fontFile.FindSubmatch(body); font != nil && tags[string(font[1])] != "" {
				body = bytes.ReplaceAll(body, []byte("/SUBSET+"), []byte("/"+tags[string(font[1])]+"+"))
			}
			out.Write(date.ReplaceAll(body, nil))
		}
		out.WriteString("\nendobj\n")
	}
	table := out.Len()
	fmt.Fprintf(out, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for i := range objects {
		fmt.Fprintf(out, "%010d 00000 n \n", offsets[fmt.Sprint(i+1)])
	}
	fmt.Fprintf(out, "%s\nstartxref\n%d\n%%%%EOF\n", data[trailer:end], table)
	return out.Bytes(), nil
}

// timelessStream returns a deflated stream. If it is a TrueType font, its time is taken out, and tag is six letters
// that identify it.
func timelessStream(packed []byte) (timeless []byte, tag string, err error) {
	r, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, "", err
	}
	content, err := io.ReadAll(r)
	if err != nil || !bytes.HasPrefix(content, []byte{0, 1, 0, 0}) {
		return packed, "", err
	}
	if err := setFontTime(content); err != nil {
		return nil, "", err
	}
	for hash := crc32.ChecksumIEEE(content); len(tag) < 6; hash /= 26 {
		tag += string(rune('A' + hash%26))
	}
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write(content) // a bytes.Buffer takes everything
	w.Close()
	return b.Bytes(), tag, nil
}
