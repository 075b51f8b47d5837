// SPDX-License-Identifier: Apache-2.0

package fetch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// The files of a T5. Weights and vocabulary may each be in either of two forms.
const (
	configFile     = "config.json"
	weightsFile    = "model.safetensors"
	indexFile      = "model.safetensors.index.json"
	vocabularyFile = "spiece.model"
	tokenizerFile  = "tokenizer.json"
)

var (
	modelName = regexp.MustCompile(`^[0-9A-Za-z_-][0-9A-Za-z._-]*/[0-9A-Za-z_-][0-9A-Za-z._-]*$`)
	short     = regexp.MustCompile(`^t5-(small|base|large)$`)
)

// Model ensures that a T5 is in the cache that the Python tools share, and returns the snapshot's folder, for --model.
// name is t5-small, t5-base, t5-large (google-t5's, version 1.0) or ORG/NAME; revision a branch, a tag or a commit, ""
// for main. The revision is resolved to a commit once, and all files are that commit's. Files that the cache already
// holds, from any tool, are not downloaded again.
//
// HF_ENDPOINT, HF_HOME, HF_HUB_CACHE, HF_TOKEN and HF_HUB_OFFLINE have the same meaning as for the Python tools. The
// token goes to the endpoint's host only. Model returns a [StatusError] if the server refuses a request, and other
// errors if the connection stays broken, if the bytes do not have the hash that the server gives, if the repository
// lacks the files of a T5, or if the disk is full.
func (c *Client) Model(ctx context.Context, name, revision string) (dir string, err error) {
	defer func() { err = printableErr(err) }()
	if revision == "" {
		revision = "main"
	}
	id, err := repositoryID(name, revision)
	if err != nil {
		return "", err
	}
	h, err := newHub(c)
	if err != nil {
		return "", err
	}
	if dir := h.find(name, h.remembered(id, revision)); dir != "" && commitName.MatchString(revision) {
		return dir, nil
	}
	if h.offline {
		if dir = h.stored(name, id, revision); dir == "" {
			return "", fmt.Errorf("HF_HUB_OFFLINE is set, and %s does not hold all of %s at %s: "+
				"fetch it once while online, or copy the folder there", h.cache, id, revision)
		}
		return dir, nil
	}
	commit, files, err := h.resolve(ctx, id, revision)
	if status := new(StatusError); err != nil && !errors.As(err, &status) && ctx.Err() == nil { // no answer
		if dir := h.stored(name, id, revision); dir != "" {
			c.logf("%v; using what was fetched before: %s\n", err, dir)
			return dir, nil
		}
	}
	if err != nil {
		return "", err
	}
	if dir = h.find(name, commit); dir == "" {
		dir = h.snapshot(id, commit)
		err = h.download(ctx, id, commit, files)
	}
	if err == nil {
		err = h.remember(id, revision, commit)
	}
	if err != nil {
		return "", full(err, h.repository(id))
	}
	return dir, nil
}

// FindModel is like [Client.Model] without a server: it returns the folder of a model that was fetched before, by this
// package or a Python tool. The name of an existing folder stands for that folder. The error says how to fetch the
// model.
func FindModel(name, revision string) (dir string, err error) {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return name, nil
	}
	command := "dpt fetch model " + name
	if revision == "" {
		revision = "main"
	} else {
		command += " --revision " + revision
	}
	id, err := repositoryID(name, revision)
	if err != nil {
		return "", fmt.Errorf("there is no folder %s, and %w", name, err)
	}
	h, err := newHub(&Client{})
	if err != nil {
		return "", err
	}
	if dir = h.stored(name, id, revision); dir == "" {
		return "", fmt.Errorf("there is no folder %s, and %s (revision %s) has not been fetched into %s; run: %s", name,
			id, revision, h.cache, command)
	}
	return dir, nil
}

// repositoryID checks a model's name and revision, which become paths, and writes the name in full.
func repositoryID(name, revision string) (string, error) {
	id := name
	if short.MatchString(name) {
		id = "google-t5/" + name
	}
	if !modelName.MatchString(id) || strings.Contains(id, "..") || strings.Contains(id, "--") {
		return "", fmt.Errorf("a model is t5-small, t5-base, t5-large or ORG/NAME as huggingface.co has it, found %q; "+
			"a folder on disk needs no fetching: --model DIR", name)
	}
	if !filepath.IsLocal(revision) || revision != filepath.ToSlash(filepath.Clean(revision)) ||
		strings.ContainsAny(revision, "\\:\x00") {
		return "", fmt.Errorf("a revision is a branch, a tag or a commit, found %q", revision)
	}
	return id, nil
}

// find returns the folder of a whole snapshot of a commit, or "". Python tools may have it under a model's short name.
func (h *hub) find(name, commit string) string {
	ids := []string{name}
	if short.MatchString(name) {
		ids = []string{"google-t5/" + name, name}
	}
	for _, id := range ids {
		if dir := h.snapshot(id, commit); commit != "" && lacks(dir) == nil {
			return dir
		}
	}
	return ""
}

// stored returns the folder of the snapshot that a revision was last seen at, or "".
func (h *hub) stored(name, id, revision string) string {
	for _, commit := range []string{h.remembered(id, revision), h.remembered(name, revision)} {
		if dir := h.find(name, commit); dir != "" {
			return dir
		}
	}
	return ""
}

// download ensures that a commit's files are in its snapshot, small ones first; listed are the names that the server
// lists.
func (h *hub) download(ctx context.Context, id, commit string, listed []string) error {
	optional := func(name string) (there bool, err error) {
		if err = h.get(ctx, id, commit, name); errors.Is(err, errAbsent) {
			return false, nil
		}
		return err == nil, err
	}
	config, err := optional(configFile)
	if err != nil {
		return err
	}
	vocabulary, err := optional(vocabularyFile)
	if err != nil {
		return err
	}
	tokenizer, err := optional(tokenizerFile)
	if err != nil {
		return err
	}
	var weights bool
	if config && (vocabulary || tokenizer) {
		if weights, err = optional(weightsFile); err == nil && !weights {
			weights, err = h.sharded(ctx, id, commit, optional)
		}
		if err != nil {
			return err
		}
	}
	if !weights {
		return fmt.Errorf("%s at %s must have %s, %s or %s, and %s or %s; it has %s: DPT needs a T5 in safetensors",
			id, commit, configFile, weightsFile, indexFile, vocabularyFile, tokenizerFile, strings.Join(listed, ", "))
	}
	return nil
}
