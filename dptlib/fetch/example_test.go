// SPDX-License-Identifier: Apache-2.0

package fetch_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"dpt/dptlib/fetch"
	"dpt/superglue"
)

// A server that has copies of the archives does as well as the official one: what arrives is verified.
func ExampleClient_SuperGLUE() {
	var data bytes.Buffer
	w := zip.NewWriter(&data)
	for _, split := range []string{"train", "val", "test"} {
		if _, err := w.Create("CB/" + split + ".jsonl"); err != nil {
			log.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
	mirror := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write(data.Bytes())
	}))
	defer mirror.Close()

	cache, err := os.MkdirTemp("", "dpt")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(cache)
	client := &fetch.Client{Cache: cache, Mirror: mirror.URL}
	archive := superglue.Archive{Task: "CB", Bytes: int64(data.Len()),
		SHA256: fmt.Sprintf("%x", sha256.Sum256(data.Bytes()))}
	dir, err := client.SuperGLUE(context.Background(), archive) // superglue.Task.Archive is the official one
	if err != nil {
		log.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "CB", "*"))
	if err != nil {
		log.Fatal(err)
	}
	for _, file := range files {
		fmt.Println(filepath.Base(file))
	}
	// Output:
	// test.jsonl
	// train.jsonl
	// val.jsonl
}
