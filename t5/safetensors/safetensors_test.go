// SPDX-License-Identifier: Apache-2.0

package safetensors

import (
	"bytes"
	"encoding/binary"
	"fmt"
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
		{"same name twice", `{` + a + `,` + a + `}`, `"a" comes twice`, 8},
		{"overlap", `{` + a + `,"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, `tensor "b"`, 8},
		{"hole", `{` + a + `,"b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}}`, `tensor "b"`, 16},
		{"size against shape", `{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}`, `tensor "a"`, 8},
		{"shape overflows", `{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}`, `tensor "a"`, 8},
		{"negative dimension", `{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}`, `tensor "a"`, 8},
		{"fractional dimension", `{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}`, `tensor "a"`, 8},
		{"string dimension", `{"a":{"dtype":"F32","shape":["2"],"data_offsets":[0,8]}}`, `tensor "a"`, 8},
		{"end before begin", `{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}`, `tensor "a"`, 8},
		{"unknown dtype", `{"a":{"dtype":"F31","shape":[2],"data_offsets":[0,8]}}`, "F31", 8},
		{"unknown key", `{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}}`, `"x"`, 8},
		{"dtype twice", `{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, "twice", 8},
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

func TestEmptyShapes(t *testing.T) {
	file, err := Parse(content(`{"scalar":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"none":{"dtype":"I8","shape":[0,9],"data_offsets":[4,4]}}  `, 4))
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

// FuzzParse holds that whatever Parse accepts is consistent, and comes back equal when written and read again.
func FuzzParse(f *testing.F) {
	f.Add(content(`{}`, 0))
	f.Add(content(`{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"BF16","shape":[1,3],"data_offsets":[8,14]}}`, 14))
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
