// SPDX-License-Identifier: Apache-2.0

package modelfile

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// lfs is a pointer as version 1 of the Git LFS specification has it.
const lfs = "version https://git-lfs.github.com/spec/v1\n" +
	"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 768\n"

func Example() {
	fmt.Println(Check([]byte(lfs)))
	// Output: this is a Git LFS pointer, not the file: run git lfs pull in its repository
}

func TestCheck(t *testing.T) {
	for content, says := range map[string]string{
		"":  "empty",
		lfs: "git lfs pull",
		"/annex/objects/SHA256E-s768--4d7a214614ab2935.safetensors\n":         "git annex get",
		"../.git/annex/objects/xV/92/SHA256E-s7--ab.json/SHA256E-s7--ab.json": "git annex get",
		"<!DOCTYPE html>\n<html>":                           "web page",
		"\n<HTML><head><title>404 Not Found</title></head>": "web page",
		"\ufeff<!doctype html>":                             "web page",
		`<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code></Error>`: "web page",
	} {
		if err := Check([]byte(content)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.40q: error %v, must mention %q", content, err, says)
		}
	}
	for _, content := range []string{
		"{}", " ", "version 2", "../data", "\x0a\x0e\x0a\x05<pad>", "\x36\x00\x00\x00\x00\x00\x00\x00{",
	} {
		if err := Check([]byte(content)); err != nil {
			t.Errorf("%q must pass, found %v", content, err)
		}
	}
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	path := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if data, err := Read(path("full", "12345"), 5); err != nil || string(data) != "12345" {
		t.Errorf("5 of at most 5 bytes: %q, %v", data, err)
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o644); err != nil {
		t.Fatal(err)
	}
	for path, says := range map[string]string{
		path("long", "123456"):        "at most 5 bytes",
		path("empty", ""):             "empty",
		dir:                           "regular file",
		pipe:                          "regular file",
		"/dev/zero":                   "regular file",
		filepath.Join(dir, "missing"): "no such file",
	} {
		failed := make(chan error, 1)
		go func() { _, err := Read(path, 5); failed <- err }()
		select {
		case err := <-failed:
			if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), path) {
				t.Errorf("%s: error %v, must mention it and %q", path, err, says)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: Read must return", path)
		}
	}
}
