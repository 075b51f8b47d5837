// SPDX-License-Identifier: Apache-2.0

package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// lacks names the file of a T5 that a folder does not hold.
func lacks(dir string) error {
	has := func(name string) bool {
		info, err := os.Stat(filepath.Join(dir, name))
		return err == nil && info.Mode().IsRegular()
	}
	missing := []string{configFile}
	if !has(weightsFile) {
		names, err := shards(dir)
		if err != nil {
			return err
		}
		missing = append(append(missing, indexFile), names...)
	}
	if !has(vocabularyFile) {
		missing = append(missing, tokenizerFile)
	}
	for _, name := range missing {
		if !has(name) {
			return fmt.Errorf("%s: %w", name, errAbsent)
		}
	}
	return nil
}

// sharded fetches weights in shards; there is false if the repository has none.
func (h *hub) sharded(
	ctx context.Context, id, commit string, optional func(string) (bool, error),
) (there bool, err error) {
	if there, err = optional(indexFile); !there {
		return false, err
	}
	names, err := shards(h.snapshot(id, commit))
	if err != nil {
		return false, err
	}
	for _, name := range names {
		if there, err = optional(name); err == nil && !there {
			err = fmt.Errorf("%s of %s names the shard %s, which the repository must have and does not", indexFile, id,
				name)
		}
		if err != nil {
			return false, err
		}
	}
	return true, nil
}

// shards are the files that a folder's index names.
func shards(dir string) ([]string, error) {
	path := filepath.Join(dir, indexFile)
	raw, err := readSmall(path, 64<<20)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if found := impostor(raw); found != "" {
		return nil, fmt.Errorf("%s is %s: remove it to have it fetched again", path, found)
	}
	var index struct {
		WeightMap map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(raw, &index); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	names := slices.Compact(slices.Sorted(maps.Values(index.WeightMap)))
	for _, name := range names {
		if !safeName.MatchString(name) || !strings.HasSuffix(name, ".safetensors") {
			return nil, fmt.Errorf("%s: a shard must be a .safetensors file beside it, found %q", path, name)
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf(`%s must have a "weight_map" with the shards' names`, path)
	}
	return names, nil
}
