// SPDX-License-Identifier: Apache-2.0

package safetensors

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func Example() {
	dir, err := os.MkdirTemp("", "safetensors")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "prompt.safetensors")
	ones := Tensor{Name: "ones", DType: BF16, Shape: []int{2, 1}, Data: []byte{0x80, 0x3f, 0x80, 0x3f}}
	if err := Write(path, []Tensor{ones}, map[string]string{"format": "pt"}); err != nil {
		panic(err)
	}
	file, err := Open(path)
	if err != nil {
		panic(err)
	}
	defer file.Close()
	for _, name := range file.Names() {
		t, _ := file.Tensor(name)
		fmt.Println(t.Name, t.DType, t.Shape, file.Metadata["format"])
	}
	// Output: ones BF16 [2 1] pt
}

// content puts a header in front of data zero bytes.
func content(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, data)...)
}

func TestMalformed(t *testing.T) {
	const a = `"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}`
	for _, c := range []struct {
		name, header, says string
		data               int
	}{
		{"too short for a tensor", `{` + a + `}`, `tensor "a"`, 7},
		{"bytes of no tensor", `{` + a + `}`, "belongs to no tensor", 9},
		{"same name twice", `{` + a + `,` + a + `}`, `duplicate object member name "a"`, 8},
		{"overlap", `{` + a + `,"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, `tensor "b"`, 8},
		{"hole", `{` + a + `,"b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}}`, `tensor "b"`, 16},
		{"size against shape", `{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}`, `tensor "a"`, 8},
		{"shape overflows", `{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}`, `tensor "a"`,
			8},
		{"negative dimension", `{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}`, `tensor "a"`, 8},
		{"fractional dimension", `{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}`, `tensor "a"`, 8},
		{"string dimension", `{"a":{"dtype":"F32","shape":["2"],"data_offsets":[0,8]}}`, `tensor "a"`, 8},
		{"end before begin", `{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}`, `tensor "a"`, 8},
		{"unknown dtype", `{"a":{"dtype":"F31","shape":[2],"data_offsets":[0,8]}}`, "F31", 8},
		{"unknown key", `{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}}`, `"x"`, 8},
		{"dtype twice", `{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}`,
			`duplicate object member name "dtype"`, 8},
		{"no offsets", `{"a":{"dtype":"F32","shape":[2]}}`, "data_offsets", 0},
		{"three offsets", `{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,9]}}`, "[begin, end]", 8},
		{"metadata not text", `{"__metadata__":{"a":1}}`, "__metadata__", 0},
		{"not JSON", `{"a":`, "header", 0},
		{"text after the object", `{}{}`, "after the JSON object", 0},
		{"an array", `[]`, "object", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse(content(c.header, c.data))
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, must mention %q", err, c.says)
			}
		})
	}
	for _, short := range [][]byte{nil, {1}, content("{}", 0)[:9], binary.LittleEndian.AppendUint64(nil, 1<<63)} {
		if _, err := Parse(short); err == nil {
			t.Errorf("%v must be refused", short)
		}
	}
}

// TestReference has headers, and whether safetensors 0.8.0 of PyPI accepts them: what it refuses must be refused. The
// last ones it accepts, and this package refuses them, as its documentation says.
func TestReference(t *testing.T) {
	tensor := func(shape, offsets string) string {
		return `{"dtype":"U8","shape":` + shape + `,"data_offsets":` + offsets + `}`
	}
	one := tensor("[1]", "[0,1]")
	for _, c := range []struct {
		header    string
		data      int
		reference bool
		here      bool
	}{
		{"\n\t\r {\"a\" : " + one + " }\n\t\r ", 1, true, true},
		{`{"":` + one + `}`, 1, true, true},
		{`{"\u00e9\ud83d\ude00\u0000":` + one + `}`, 1, true, true},
		{`{"__metadata__":null,"a":` + one + `}`, 1, true, true},
		{`{"\u005f_metadata__":{"a":""}}`, 0, true, true},
		{`{"a":` + tensor("[4294967296,0]", "[0,0]") + `}`, 0, true, true},
		{``, 0, false, false},
		{`{"a":` + one + "}\x00", 1, false, false},
		{"\ufeff{}", 0, false, false},
		{"\v{}", 0, false, false},
		{"{\"\xff\xfe\":" + one + `}`, 1, false, false},
		{"{\"\xed\xa0\x80\":" + one + `}`, 1, false, false},
		{`{"__metadata__":{"a":"` + "\xc0\x80" + `"}}`, 0, false, false},
		{`{"\ud800":` + one + `}`, 1, false, false},
		{`{"\ude00\ud83d":` + one + `}`, 1, false, false},
		{`{"__metadata__":{"\udc00":"b"}}`, 0, false, false},
		{"{\"a\nb\":" + one + `}`, 1, false, false},
		{`{"a\x":` + one + `}`, 1, false, false},
		{`{"a":null}`, 0, false, false},
		{`{"__metadata__":{"a":null}}`, 0, false, false},
		{`{"__metadata__":{},"__metadata__":{}}`, 0, false, false},
		{`{"__metadata__":[]}`, 0, false, false},
		{`{"a":` + tensor("[-0]", "[0,0]") + `}`, 0, false, false},
		{`{"a":` + tensor("[1]", "[-0,1]") + `}`, 1, false, false},
		{`{"a":` + tensor("[1.0]", "[0,1]") + `}`, 1, false, false},
		{`{"a":` + tensor("[1e0]", "[0,1]") + `}`, 1, false, false},
		{`{"a":` + tensor("[01]", "[0,1]") + `}`, 1, false, false},
		{`{"a":` + tensor("[null]", "[0,0]") + `}`, 0, false, false},
		{`{"a":` + tensor("null", "[0,1]") + `}`, 1, false, false},
		{`{"a":` + tensor("[1,]", "[0,1]") + `}`, 1, false, false},
		{`{"a":` + tensor("[1]", "[0,1e0]") + `}`, 1, false, false},
		{`{"a":` + tensor("[1]", "[0]") + `}`, 1, false, false},
		{`{"a":` + tensor("[9223372036854775807,4,0]", "[0,0]") + `}`, 0, false, false},
		{`{"a":` + tensor("[18446744073709551616]", "[0,0]") + `}`, 0, false, false},
		{`{"a":{"dtype":null,"shape":[1],"data_offsets":[0,1]}}`, 1, false, false},
		{`{"a":{"dtype":"u8","shape":[1],"data_offsets":[0,1]}}`, 1, false, false},

		{`{"a":` + one + `,"a":` + one + `}`, 1, true, false},
		{`{"__metadata__":{"a":"b","a":"c"}}`, 0, true, false},
		{`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":null}}`, 1, true, false},
		{`{"a":["U8",[1],[0,1]]}`, 1, true, false},
		{`{"a":{"dtype":{"U8":null},"shape":[1],"data_offsets":[0,1]}}`, 1, true, false},
		{`{"a":{"dtype":"C64","shape":[1],"data_offsets":[0,8]}}`, 8, true, false},
		{`{"a":` + tensor("[18446744073709551615,0]", "[0,0]") + `}`, 0, true, false},
	} {
		if _, err := Parse(content(c.header, c.data)); (err == nil) != c.here || err == nil && !c.reference {
			t.Errorf("%q: error %v, but the reference's verdict is %v", c.header, err, c.reference)
		}
	}
}

// Files that are something else than their name says are named as that.
func TestPlaceholders(t *testing.T) {
	for content, says := range map[string]string{
		"": "empty",
		"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 768\n": "git lfs pull",
		"<!DOCTYPE html><html><head><title>404</title></head></html>":             "web page",
	} {
		path := filepath.Join(t.TempDir(), "model.safetensors")
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), says) ||
			!strings.Contains(err.Error(), path) {
			t.Errorf("%.20q: error %v, must mention %q and the file", content, err, says)
		}
	}
}

func TestCheckFinite(t *testing.T) {
	little := binary.LittleEndian
	ones := map[DType][]byte{
		Float16: little.AppendUint16(nil, 0x3c00), BF16: little.AppendUint16(nil, 0x3f80),
		Float32: little.AppendUint32(nil, math.Float32bits(1)), Float64: little.AppendUint64(nil, math.Float64bits(1)),
	}
	// IEEE 754: infinities have a full exponent and no mantissa, NaNs a full exponent and some; the largest numbers
	// not.
	for _, c := range []struct {
		dtype  DType
		bits   []byte
		finite bool
	}{
		{Float16, little.AppendUint16(nil, 0x7bff), true}, {Float16, little.AppendUint16(nil, 0xfc00), false},
		{Float16, little.AppendUint16(nil, 0x7c01), false}, {Float16, little.AppendUint16(nil, 0x7f80), false},
		{BF16, little.AppendUint16(nil, 0x7f7f), true}, {BF16, little.AppendUint16(nil, 0xff80), false},
		{BF16, little.AppendUint16(nil, 0x7fc0), false}, {BF16, little.AppendUint16(nil, 0x7c00), true},
		{Float32, little.AppendUint32(nil, math.Float32bits(math.MaxFloat32)), true},
		{Float32, little.AppendUint32(nil, math.Float32bits(float32(math.NaN()))), false},
		{Float32, little.AppendUint32(nil, math.Float32bits(float32(math.Inf(-1)))), false},
		{Float64, little.AppendUint64(nil, math.Float64bits(-math.MaxFloat64)), true},
		{Float64, little.AppendUint64(nil, math.Float64bits(math.NaN())), false},
		{Float64, little.AppendUint64(nil, math.Float64bits(math.Inf(1))), false},
		{Int32, []byte{0xff, 0xff, 0xff, 0xff}, true},
	} {
		one := ones[c.dtype]
		if one == nil {
			one = make([]byte, len(c.bits))
		}
		data := append(bytes.Repeat(one, 5), c.bits...)
		err := Tensor{Name: "a", DType: c.dtype, Shape: []int{1, 3, 2}, Data: data}.CheckFinite()
		if c.finite != (err == nil) {
			t.Errorf("%s with %x: error %v, finite is %v", c.dtype, c.bits, err, c.finite)
		}
		if err != nil && !(strings.Contains(err.Error(), `"a"`) && strings.Contains(err.Error(), "[0 2 1]")) {
			t.Errorf("error %v, must mention the tensor and the element", err)
		}
	}
	if err := (Tensor{Name: "a", DType: Float32, Shape: []int{0, 3}}).CheckFinite(); err != nil {
		t.Errorf("no elements: %v", err)
	}
}

func TestEmptyShapes(t *testing.T) {
	file, err := Parse(content(`{"scalar":{"dtype":"F32","shape":[],"data_offsets":[0,4]},`+
		`"none":{"dtype":"I8","shape":[0,9],"data_offsets":[4,4]}}  `, 4))
	if err != nil {
		t.Fatal(err)
	}
	if scalar, _ := file.Tensor("scalar"); len(scalar.Data) != 4 || len(scalar.Shape) != 0 {
		t.Errorf("scalar: %+v", scalar)
	}
	if none, ok := file.Tensor("none"); !ok || len(none.Data) != 0 {
		t.Errorf("none: %+v", none)
	}
}

func TestWriteRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.safetensors")
	if err := os.WriteFile(path, []byte("kept"), 0o644); err != nil {
		t.Fatal(err)
	}
	one := Tensor{Name: "a", DType: Uint8, Shape: []int{1}, Data: []byte{1}}
	for _, bad := range [][]Tensor{
		{one, one},
		{{Name: "a", DType: Float32, Shape: []int{1}, Data: []byte{1}}},
		{{Name: "a", DType: "F31", Shape: []int{0}}},
		{{Name: "a\xff", DType: Uint8, Shape: []int{1}, Data: []byte{1}}},
		{{Name: "a", DType: Uint8, Shape: []int{-1, 0}}},
	} {
		if err := Write(path, bad, nil); err == nil {
			t.Errorf("%v must be refused", bad)
		}
	}
	if kept, _ := os.ReadFile(path); string(kept) != "kept" {
		t.Errorf("a refused write must leave the file as it was, found %q", kept)
	}
	left, _ := os.ReadDir(filepath.Dir(path))
	if len(left) != 1 {
		t.Errorf("a refused write left %v behind", left)
	}
}

// FuzzParse checks that everything Parse accepts is consistent, and comes back equal when written and read again.
func FuzzParse(f *testing.F) {
	f.Add(content(`{}`, 0))
	f.Add(content(`{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},`+
		`"b":{"dtype":"BF16","shape":[1,3],"data_offsets":[8,14]}}`, 14))
	f.Add(content(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}`, 8))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse(data)
		if err != nil {
			return
		}
		var tensors []Tensor
		for _, name := range file.Names() {
			tensor, _ := file.Tensor(name)
			tensors = append(tensors, tensor)
		}
		var out bytes.Buffer
		if err := encode(&out, tensors, file.Metadata); err != nil {
			t.Fatalf("accepted, but cannot be written: %v", err)
		}
		again, err := Parse(out.Bytes())
		if err != nil {
			t.Fatalf("written, but cannot be read: %v", err)
		}
		if diff := cmp.Diff(file.tensors, again.tensors); diff != "" {
			t.Error(diff)
		}
	})
}
