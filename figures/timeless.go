// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"regexp"
)

// Canvas writes the time of day into a PDF, and into the fonts in a PDF and an SVG. This file takes it out again, so
// that the same drawing gives the same bytes.

// timelessFont sets a TrueType font's date of change to its date of creation, and mends the two checksums over it.
func timelessFont(font []byte) {
	tables := int(binary.BigEndian.Uint16(font[4:]))
	for record := range tables {
		entry := font[12+16*record:][:16] // tag, checksum, offset, length
		if string(entry[:4]) != "head" {
			continue
		}
		offset, length := binary.BigEndian.Uint32(entry[8:]), binary.BigEndian.Uint32(entry[12:])
		head := font[offset : offset+(length+3)/4*4]
		copy(head[28:36], head[20:28])
		adjustment := head[8:12]
		clear(adjustment) // it counts as zero in both sums
		binary.BigEndian.PutUint32(entry[4:], sum(head))
		binary.BigEndian.PutUint32(adjustment, 0xB1B0AFBA-sum(font))
	}
}

// sum adds up 4-byte words, as a TrueType checksum does.
func sum(words []byte) (s uint32) {
	for ; len(words) >= 4; words = words[4:] {
		s += binary.BigEndian.Uint32(words)
	}
	return s
}

var (
	pdfObject = regexp.MustCompile(`(?s)(\d+) 0 obj\n(.*?)\nendobj\n`)
	pdfFlate  = regexp.MustCompile(`(?s)^(<<.*/Length )\d+(.*>>stream\n)(.*)\nendstream\n$`)
	pdfDate   = regexp.MustCompile(`/CreationDate\(D:[^)]*\)`)
)

// timelessPDF rewrites a PDF of canvas's without its date and with timeless fonts. Lengths change by this, so the table
// of the objects' offsets is made anew.
func timelessPDF(data []byte) ([]byte, error) {
	start, trailer := bytes.Index(data, []byte(" 0 obj\n")), bytes.LastIndex(data, []byte("trailer\n"))
	end := bytes.LastIndex(data, []byte("\nstartxref\n"))
	if start < 1 || trailer < 0 || end < trailer {
		return nil, fmt.Errorf("a PDF must have objects and a trailer, found neither: canvas writes another form than it did")
	}
	out := bytes.NewBuffer(bytes.Clone(data[:bytes.LastIndexByte(data[:start], '\n')+1]))
	objects := pdfObject.FindAllSubmatch(data[:trailer], -1)
	offsets := make(map[string]int, len(objects))
	for _, object := range objects {
		number, body := string(object[1]), object[2]
		offsets[number] = out.Len()
		fmt.Fprintf(out, "%s 0 obj\n", number)
		if stream := pdfFlate.FindSubmatch(body); stream != nil {
			packed, err := timelessStream(stream[3])
			if err != nil {
				return nil, fmt.Errorf("object %s: %w", number, err)
			}
			fmt.Fprintf(out, "%s%d%s%s\nendstream\n", stream[1], len(packed), stream[2], packed)
		} else {
			out.Write(pdfDate.ReplaceAll(body, nil))
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

// timelessStream returns a deflated stream, with its time taken out if it is a TrueType font.
func timelessStream(packed []byte) ([]byte, error) {
	r, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(r)
	if err != nil || !bytes.HasPrefix(content, []byte{0, 1, 0, 0}) {
		return packed, err
	}
	timelessFont(content)
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write(content) // a bytes.Buffer takes everything
	w.Close()
	return b.Bytes(), nil
}
