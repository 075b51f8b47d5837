// SPDX-License-Identifier: Apache-2.0

package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpt/t5/modelfile"
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
	if err := modelfile.Check(content); err != nil {
		return nil, nil, nil, err
	}
	if len(content) < 8 {
		return nil, nil, nil, fmt.Errorf("a safetensors file starts with an 8-byte header length; this one has %d "+
			"bytes",
			len(content))
	}
	n := binary.LittleEndian.Uint64(content)
	if n > maxHeader || n > uint64(len(content)-8) {
		return nil, nil, nil, fmt.Errorf("the header's length is given as %d bytes, but the file has %d after it "+
			"(and the limit is %d): it is truncated, or no safetensors file", n, len(content)-8, maxHeader)
	}
	header, data := content[8:8+n], content[8+n:]
	if entries, metadata, err = parseObject(header); err != nil {
		return nil, nil, nil, fmt.Errorf("safetensors header: %w", err)
	}
	if err := checkRanges(entries, len(data)); err != nil {
		return nil, nil, nil, err
	}
	return entries, metadata, data, nil
}

// parseObject reads the JSON header. jsontext refuses names that come twice and bytes that are no UTF-8.
func parseObject(header []byte) (entries []entry, metadata map[string]string, err error) {
	dec := jsontext.NewDecoder(bytes.NewReader(header), strict)
	if token, err := dec.ReadToken(); err != nil || token.Kind() != '{' {
		return nil, nil, cmp.Or(err, fmt.Errorf("it must be a JSON object, found %v", token))
	}
	for dec.PeekKind() == '"' {
		token, err := dec.ReadToken()
		if err != nil {
			return nil, nil, err
		}
		name := token.String()
		if name == "__metadata__" {
			if err := json.UnmarshalDecode(dec, &metadata); err != nil {
				return nil, nil, err
			}
			continue
		}
		e, err := parseEntry(dec, name)
		if err != nil {
			return nil, nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		entries = append(entries, e)
	}
	if _, err := dec.ReadToken(); err != nil { // the closing brace
		return nil, nil, err
	}
	if _, err := dec.ReadToken(); err != io.EOF {
		return nil, nil, cmp.Or(err, errors.New("there is text after the JSON object"))
	}
	return entries, metadata, nil
}

// strict makes json refuse what the reference refuses: keys that it does not know, null in the place of a string or a
// number, and numbers that are not written as plain non-negative integers.
var strict = json.JoinOptions(json.RejectUnknownMembers(true), json.WithUnmarshalers(json.JoinUnmarshalers(
	json.UnmarshalFromFunc(func(dec *jsontext.Decoder, text *string) error {
		token, err := dec.ReadToken()
		if err == nil && token.Kind() != '"' {
			err = fmt.Errorf("a string must be there, found %v", token)
		}
		*text = token.String()
		return err
	}),
	json.UnmarshalFromFunc(func(dec *jsontext.Decoder, number *int) error {
		token, err := dec.ReadToken()
		if err != nil {
			return err
		}
		n, err := strconv.ParseUint(token.String(), 10, 63)
		if err != nil || token.Kind() != '0' {
			return fmt.Errorf("a non-negative integer must be there, found %v", token)
		}
		*number = int(n)
		return nil
	}),
)))

func parseEntry(dec *jsontext.Decoder, name string) (entry, error) {
	var info struct {
		DType   *string `json:"dtype"`
		Shape   *[]int  `json:"shape"`
		Offsets *[]int  `json:"data_offsets"`
	}
	switch err := json.UnmarshalDecode(dec, &info); {
	case err != nil:
		return entry{}, err
	case info.DType == nil || info.Shape == nil || info.Offsets == nil:
		return entry{}, errors.New("dtype, shape and data_offsets must all be given")
	case elementSize[DType(*info.DType)] == 0:
		return entry{}, fmt.Errorf("the dtype %q is not one this reader knows", *info.DType)
	case len(*info.Offsets) != 2:
		return entry{}, fmt.Errorf("data_offsets must be [begin, end], found %v", *info.Offsets)
	}
	return entry{name, DType(*info.DType), *info.Shape, (*info.Offsets)[0], (*info.Offsets)[1]}, nil
}

func checkRanges(entries []entry, dataSize int) error {
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end), cmp.Compare(a.name, b.name))
	})
	next := 0
	for _, e := range entries {
		if e.end < e.begin || e.end > dataSize {
			return fmt.Errorf("tensor %q: bytes [%d, %d) must lie inside the file's %d bytes of data: "+
				"it is truncated or damaged", e.name, e.begin, e.end, dataSize)
		}
		if e.begin != next {
			return fmt.Errorf("tensor %q: it must start at byte %d, where the tensor before it ends, but starts at %d "+
				"(overlap or hole)", e.name, next, e.begin)
		}
		next = e.end
		size, ok := byteSize(e.shape, elementSize[e.dtype])
		if !ok || size != e.end-e.begin {
			return fmt.Errorf("tensor %q: shape %v of %s does not fill the %d bytes given to it",
				e.name, e.shape, e.dtype, e.end-e.begin)
		}
	}
	if next != dataSize {
		return fmt.Errorf("the tensors end at byte %d of the data, but the file has %d: the rest belongs to no tensor",
			next, dataSize)
	}
	return nil
}

// byteSize multiplies from the left; ok is false where a product on the way overflows, even if a dimension of 0
// follows, as in the reference.
func byteSize(shape []int, element int) (size int, ok bool) {
	product := uint64(1)
	for _, dim := range shape {
		var high uint64
		if high, product = bits.Mul64(product, uint64(dim)); high != 0 || dim < 0 {
			return 0, false
		}
	}
	high, product := bits.Mul64(product, 8*uint64(element)) // the reference counts bits
	return int(product / 8), high == 0 && product/8 <= math.MaxInt
}
