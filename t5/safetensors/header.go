// SPDX-License-Identifier: Apache-2.0

package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
)

// maxHeader is the reference implementation's limit on the header's length.
const maxHeader = 100_000_000

// entry is one tensor of the header; begin and end are byte offsets into the data after the header.
type entry struct {
	name       string
	dtype      DType
	shape      []int
	begin, end int
}

// parseHeader checks everything that the format promises: the tensors' byte ranges lie inside the file, follow each
// other without overlap or hole up to its end, and have the size that shape and dtype call for; no key comes twice.
func parseHeader(content []byte) (entries []entry, metadata map[string]string, data []byte, err error) {
	if len(content) < 8 {
		return nil, nil, nil, fmt.Errorf("a safetensors file starts with an 8-byte header length; this one has %d bytes", len(content))
	}
	n := binary.LittleEndian.Uint64(content)
	if n > maxHeader || n > uint64(len(content)-8) {
		return nil, nil, nil, fmt.Errorf("the header's length is given as %d bytes, but the file has %d after it (and the limit is %d): "+
			"it is truncated, or no safetensors file", n, len(content)-8, maxHeader)
	}
	header, data := content[8:8+n], content[8+n:]

	dec := json.NewDecoder(bytes.NewReader(header))
	dec.UseNumber()
	err = object(dec, func(name string) error {
		if name == "__metadata__" {
			metadata = map[string]string{}
			return object(dec, func(key string) error {
				value, err := dec.Token()
				text, ok := value.(string)
				if err == nil && !ok {
					err = fmt.Errorf("__metadata__ %q must be a string, found %v", key, value)
				}
				metadata[key] = text
				return err
			})
		}
		e, err := parseEntry(dec, name)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		entries = append(entries, e)
		return nil
	})
	if err == nil {
		if _, trailing := dec.Token(); trailing != io.EOF {
			err = errors.New("there is text after the JSON object")
		}
	}
	if err != nil {
		return nil, nil, nil, fmt.Errorf("safetensors header: %w", err)
	}
	if err := checkRanges(entries, len(data)); err != nil {
		return nil, nil, nil, err
	}
	return entries, metadata, data, nil
}

// object reads one JSON object, calling value after each key; unlike encoding/json it refuses a key that comes twice.
func object(dec *json.Decoder, value func(key string) error) error {
	token, err := dec.Token()
	if err != nil {
		return err
	}
	if token != json.Delim('{') {
		return fmt.Errorf("a JSON object must stand here, found %v", token)
	}
	seen := map[string]bool{}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return err
		}
		key, ok := token.(string)
		if !ok {
			return fmt.Errorf("a key must be a string, found %v", token)
		}
		if seen[key] {
			return fmt.Errorf("the key %q comes twice", key)
		}
		seen[key] = true
		if err := value(key); err != nil {
			return err
		}
	}
	_, err = dec.Token()
	return err
}

func parseEntry(dec *json.Decoder, name string) (entry, error) {
	e := entry{name: name, shape: []int{}}
	var dtype, shape, offsets bool
	err := object(dec, func(key string) (err error) {
		switch key {
		case "dtype":
			dtype = true
			token, err := dec.Token()
			text, ok := token.(string)
			if err == nil && (!ok || elementSize[DType(text)] == 0) {
				err = fmt.Errorf("the dtype %v is not one this reader knows", token)
			}
			e.dtype = DType(text)
			return err
		case "shape":
			shape = true
			e.shape, err = integers(dec)
			return err
		case "data_offsets":
			offsets = true
			pair, err := integers(dec)
			if err == nil && len(pair) != 2 {
				err = fmt.Errorf("data_offsets must be [begin, end], found %v", pair)
			}
			if err == nil {
				e.begin, e.end = pair[0], pair[1]
			}
			return err
		}
		return fmt.Errorf("unknown key %q", key)
	})
	if err == nil && !(dtype && shape && offsets) {
		err = errors.New("dtype, shape and data_offsets must all be given")
	}
	return e, err
}

// integers reads an array of non-negative integers.
func integers(dec *json.Decoder) ([]int, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	if token != json.Delim('[') {
		return nil, fmt.Errorf("an array of integers must stand here, found %v", token)
	}
	list := []int{}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, err
		}
		number, ok := token.(json.Number)
		value, err := strconv.Atoi(string(number))
		if !ok || err != nil || value < 0 {
			return nil, fmt.Errorf("a non-negative integer must stand here, found %v", token)
		}
		list = append(list, value)
	}
	_, err = dec.Token()
	return list, err
}

func checkRanges(entries []entry, dataSize int) error {
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end), cmp.Compare(a.name, b.name))
	})
	next := 0
	for _, e := range entries {
		if e.end < e.begin || e.end > dataSize {
			return fmt.Errorf("tensor %q: bytes [%d, %d) must lie inside the file's %d bytes of data: it is truncated or damaged",
				e.name, e.begin, e.end, dataSize)
		}
		if e.begin != next {
			return fmt.Errorf("tensor %q: it must start at byte %d, where the tensor before it ends, but starts at %d (overlap or hole)",
				e.name, next, e.begin)
		}
		next = e.end
		size, ok := byteSize(e.shape, elementSize[e.dtype])
		if !ok || size != e.end-e.begin {
			return fmt.Errorf("tensor %q: shape %v of %s does not fill the %d bytes given to it", e.name, e.shape, e.dtype, e.end-e.begin)
		}
	}
	if next != dataSize {
		return fmt.Errorf("the tensors end at byte %d of the data, but the file has %d: the rest belongs to no tensor", next, dataSize)
	}
	return nil
}

// byteSize multiplies without overflow; ok is false where the product does not fit an int.
func byteSize(shape []int, element int) (size int, ok bool) {
	if slices.Contains(shape, 0) {
		return 0, true
	}
	size = element
	for _, dim := range shape {
		if size > math.MaxInt/dim {
			return 0, false
		}
		size *= dim
	}
	return size, true
}
