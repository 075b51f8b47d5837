// SPDX-License-Identifier: Apache-2.0

package timeless

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"regexp"
)

// setFontTime sets a TrueType font's date of modification to its date of creation, in place, and corrects the two
// checksums that cover it: that of the table "head" and that of the whole font.
func setFontTime(font []byte) error {
	if len(font) < 12 || len(font)%4 != 0 || len(font) < 12+16*int(binary.BigEndian.Uint16(font[4:])) {
		return fmt.Errorf("a TrueType font must hold whole 4-byte words and its table directory, found %d bytes",
			len(font))
	}
	for record := range int(binary.BigEndian.Uint16(font[4:])) {
		entry := font[12+16*record:][:16] // tag, checksum, offset, length
		if string(entry[:4]) != "head" {
			continue
		}
		offset, length := int(binary.BigEndian.Uint32(entry[8:])), int(binary.BigEndian.Uint32(entry[12:]))
		end := offset + (length+3)/4*4
		if length < 54 || end > len(font) {
			return fmt.Errorf("a TrueType font's table head must have 54 bytes, found %d at %d of %d", length, offset,
				len(font))
		}
		head := font[offset:end]
		copy(head[28:36], head[20:28])
		adjustment := head[8:12]
		clear(adjustment) // it counts as zero in both sums
		binary.BigEndian.PutUint32(entry[4:], sum(head))
		binary.BigEndian.PutUint32(adjustment, 0xB1B0AFBA-sum(font))
		return nil
	}
	return fmt.Errorf("a TrueType font must have a table head, found none")
}

// sum adds 4-byte words, as a TrueType checksum does.
func sum(words []byte) (s uint32) {
	for ; len(words) >= 4; words = words[4:] {
		s += binary.BigEndian.Uint32(words)
	}
	return s
}

var encodedFont = regexp.MustCompile(`AAEAA[A-Za-z0-9+/]{400,}={0,2}`) // base64 of a TrueType font

// SVG returns an SVG of canvas's whose embedded fonts hold no time.
func SVG(data []byte) (timeless []byte, err error) {
	timeless = encodedFont.ReplaceAllFunc(data, func(coded []byte) []byte {
		font, decodeErr := base64.StdEncoding.AppendDecode(nil, coded)
		if decodeErr == nil {
			decodeErr = setFontTime(font)
		}
		if decodeErr != nil && err == nil {
			err = decodeErr
		}
		return base64.StdEncoding.AppendEncode(nil, font)
	})
	return timeless, err
}
