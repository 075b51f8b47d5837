// SPDX-License-Identifier: Apache-2.0

package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/renameio/v2"
)

// hub is HuggingFace's server, and the cache of its files that the Python tools share:
//
//	<cache>/models--ORG--NAME/refs/REVISION           the commit that a branch or tag was last seen at
//	<cache>/models--ORG--NAME/blobs/ETAG              a file's bytes
//	<cache>/models--ORG--NAME/snapshots/COMMIT/FILE   a link to them
type hub struct {
	client   *Client
	endpoint string
	cache    string
	token    string
	offline  bool
}

// smallSize bounds a token or a commit's name, in bytes.
const smallSize = 1 << 16

// newHub reads the environment as the Python library does: HF_ENDPOINT, HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME,
// HF_TOKEN, the token file of a login, HF_HUB_OFFLINE.
func newHub(c *Client) (*hub, error) {
	home := os.Getenv("HF_HOME")
	if home == "" {
		cache := os.Getenv("XDG_CACHE_HOME")
		if cache == "" {
			user, err := os.UserHomeDir()
			if err != nil {
				return nil, fmt.Errorf("no folder for models: set HF_HOME: %w", err)
			}
			cache = filepath.Join(user, ".cache")
		}
		home = filepath.Join(cache, "huggingface")
	}
	h := &hub{client: c, endpoint: "https://huggingface.co", cache: filepath.Join(home, "hub")}
	if cache := os.Getenv("HF_HUB_CACHE"); cache != "" {
		h.cache = cache
	}
	if endpoint := os.Getenv("HF_ENDPOINT"); endpoint != "" {
		h.endpoint = strings.TrimRight(endpoint, "/")
		if at, err := url.Parse(h.endpoint); err != nil || at.Scheme != "https" && at.Scheme != "http" ||
			at.Host == "" {
			return nil, fmt.Errorf("HF_ENDPOINT must start with https:// or http:// and a host, found %q", endpoint)
		}
	}
	if h.token = strings.TrimSpace(os.Getenv("HF_TOKEN")); h.token == "" {
		stored, err := readSmall(filepath.Join(home, "token"), smallSize)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
		h.token = strings.TrimSpace(string(stored))
	}
	h.offline = slices.Contains([]string{"1", "ON", "YES", "TRUE"}, strings.ToUpper(os.Getenv("HF_HUB_OFFLINE")))
	return h, nil
}

// repository returns a model's folder in the cache.
func (h *hub) repository(id string) string {
	return filepath.Join(h.cache, "models--"+strings.ReplaceAll(id, "/", "--"))
}

func (h *hub) snapshot(id, commit string) string {
	return filepath.Join(h.repository(id), "snapshots", commit)
}

var commitName = regexp.MustCompile(`^[0-9a-f]{40}$`)

// remembered returns the commit that a revision was last seen at, or "".
func (h *hub) remembered(id, revision string) string {
	if commitName.MatchString(revision) {
		return revision
	}
	commit, err := readSmall(filepath.Join(h.repository(id), "refs", filepath.FromSlash(revision)), smallSize)
	if name := strings.TrimSpace(string(commit)); err == nil && commitName.MatchString(name) {
		return name
	}
	return ""
}

// remember stores the commit that remembered returns.
func (h *hub) remember(id, revision, commit string) error {
	if commitName.MatchString(revision) || h.remembered(id, revision) == commit {
		return nil
	}
	path := filepath.Join(h.repository(id), "refs", filepath.FromSlash(revision))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return renameio.WriteFile(path, []byte(commit), 0o644)
}

// resolve asks the server for a revision's commit and the names of its files.
func (h *hub) resolve(ctx context.Context, id, revision string) (commit string, files []string, err error) {
	address := h.endpoint + "/api/models/" + id + "/revision/" + url.PathEscape(revision)
	_, body, err := h.ask(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", nil, h.advise(err, id, revision)
	}
	var info struct {
		SHA      string
		Siblings []struct{ RFilename string }
	}
	if found := impostor(body); found != "" {
		return "", nil, fmt.Errorf("%s must answer with JSON, found %s: is HF_ENDPOINT a HuggingFace server?", address,
			found)
	}
	if err := json.Unmarshal(body, &info); err != nil || !commitName.MatchString(info.SHA) {
		return "", nil, fmt.Errorf(`%s must answer with JSON whose "sha" is a commit, found sha %q (%v): `+
			"is HF_ENDPOINT a HuggingFace server?", address, info.SHA, err)
	}
	for _, sibling := range info.Siblings {
		files = append(files, sibling.RFilename)
	}
	return info.SHA, files, nil
}
