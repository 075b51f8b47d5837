// SPDX-License-Identifier: Apache-2.0

package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
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

// newHub reads the environment as the Python library does: HF_ENDPOINT, HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME, HF_TOKEN,
// the token file of a login, HF_HUB_OFFLINE.
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
		if at, err := url.Parse(h.endpoint); err != nil || at.Scheme != "https" && at.Scheme != "http" || at.Host == "" {
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

// repository is a model's folder in the cache.
func (h *hub) repository(id string) string {
	return filepath.Join(h.cache, "models--"+strings.ReplaceAll(id, "/", "--"))
}

func (h *hub) snapshot(id, commit string) string {
	return filepath.Join(h.repository(id), "snapshots", commit)
}

var commitName = regexp.MustCompile(`^[0-9a-f]{40}$`)

// remembered is the commit that a revision was last seen at, or "".
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

// remember writes what remembered reads.
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
		return "", nil, fmt.Errorf("%s must answer with JSON, found %s: is HF_ENDPOINT a HuggingFace server?", address, found)
	}
	if err := json.Unmarshal(body, &info); err != nil || !commitName.MatchString(info.SHA) {
		return "", nil, fmt.Errorf(`%s must answer with JSON whose "sha" is a commit, found sha %q (%v): is HF_ENDPOINT a HuggingFace server?`, address, info.SHA, err)
	}
	for _, sibling := range info.Siblings {
		files = append(files, sibling.RFilename)
	}
	return info.SHA, files, nil
}

// blob is what the server says of a file.
type blob struct {
	etag string
	size int64
}

var errAbsent = errors.New("the repository has no such file")

// look asks for a file's ETag, which is its name among the blobs and its hash, and its size. For a file in LFS the hub's
// answer, which redirects to where the bytes are, has them in headers of their own; a mirror may redirect to the hub first.
func (h *hub) look(ctx context.Context, address string) (blob, error) {
	var linked string
	final := func(r *http.Response) bool {
		if etag := r.Header.Get("X-Linked-Etag"); etag != "" {
			linked = etag
		}
		return linked != "" && r.Header.Get("X-Linked-Size") != ""
	}
	var etag, length string
	for _, method := range []string{http.MethodHead, http.MethodGet} { // some servers know no HEAD, or leave out the size
		header, _, err := h.ask(ctx, method, address, final)
		status := new(StatusError)
		switch errors.As(err, &status); {
		case status.Code == http.StatusNotFound:
			return blob{}, errAbsent
		case status.Code == http.StatusMethodNotAllowed && method == http.MethodHead, status.Code == http.StatusNotImplemented && method == http.MethodHead:
			continue
		case err != nil:
			return blob{}, err
		}
		if etag, length = linked, header.Get("X-Linked-Size"); etag == "" {
			etag = header.Get("ETag")
		}
		if length == "" {
			length = header.Get("Content-Length")
		}
		if length != "" {
			break
		}
	}
	size, err := strconv.ParseInt(length, 10, 64)
	name := strings.Trim(strings.TrimPrefix(etag, "W/"), `"`)
	if err != nil || size < 0 || !safeName.MatchString(name) {
		return blob{}, fmt.Errorf("%s must have a size, and an ETag that can name a file; found %q and %q: is HF_ENDPOINT a HuggingFace server?", address, length, etag)
	}
	return blob{name, size}, nil
}

var safeName = regexp.MustCompile(`^[0-9A-Za-z_-][0-9A-Za-z._-]*$`)

// get ensures that a file of a commit is in its snapshot.
func (h *hub) get(ctx context.Context, id, commit, name string) error {
	link := filepath.Join(h.snapshot(id, commit), name)
	if info, err := os.Stat(link); err == nil {
		if !info.Mode().IsRegular() {
			return fmt.Errorf("%s must be a regular file, found %v: remove it to have it fetched again", link, info.Mode())
		}
		return nil
	}
	address := h.endpoint + "/" + id + "/resolve/" + commit + "/" + url.PathEscape(name)
	found, err := h.look(ctx, address)
	if err != nil {
		return h.advise(err, id, commit)
	}
	src := source{url: address, token: h.token, size: found.size, digest: digestOf(found.etag)}
	if src.digest.hex == "" {
		h.client.logf("%s cannot be verified: its ETag %q is no hash\n", address, found.etag)
	}
	path := filepath.Join(h.repository(id), "blobs", found.etag)
	lock := filepath.Join(h.cache, ".locks", filepath.Base(h.repository(id)), found.etag+".lock")
	err = h.client.locked(ctx, lock, func() error { return h.client.file(ctx, src, path) })
	if err != nil {
		return h.advise(err, id, commit)
	}
	if err := os.MkdirAll(filepath.Dir(link), 0o755); err != nil {
		return err
	}
	return renameio.Symlink(filepath.Join("..", "..", "blobs", found.etag), link)
}

// ask makes a request whose answer is small. The body is read only where final is nil.
func (h *hub) ask(ctx context.Context, method, address string, final func(*http.Response) bool) (header http.Header, body []byte, err error) {
	err = h.client.retry(ctx, func() (progress bool, err error) {
		response, err := h.client.send(ctx, method, address, h.token, 0, final)
		if err != nil {
			return false, err
		}
		defer response.Body.Close()
		header = response.Header
		if final == nil {
			if body, err = io.ReadAll(io.LimitReader(response.Body, 16<<20)); err != nil {
				return false, &transientError{fmt.Errorf("%s broke off: %w", address, err)}
			}
		}
		return false, nil
	})
	return header, body, err
}

// advise says what to do about a status.
func (h *hub) advise(err error, id, revision string) error {
	status := new(StatusError)
	if !errors.As(err, &status) {
		return err
	}
	switch {
	case status.Code == http.StatusUnauthorized && h.token == "", status.Code == http.StatusNotFound:
		return fmt.Errorf("%w: %s must have a repository %s with a revision %s; look for a slip in the name, or, if it is private, set HF_TOKEN",
			err, h.endpoint, id, revision)
	case status.Code == http.StatusUnauthorized:
		return fmt.Errorf("%w: HF_TOKEN (or the stored login) must be valid and may read %s; make a new one at %s/settings/tokens. "+
			"It is sent to that host only, not to where it redirects", err, id, h.endpoint)
	case status.Code == http.StatusForbidden:
		return fmt.Errorf("%w: your account must have access to %s: ask for it at %s/%s and set HF_TOKEN", err, id, h.endpoint, id)
	case status.Code == http.StatusTooManyRequests:
		return fmt.Errorf("%w: try again later; what has arrived is kept. With HF_TOKEN set more requests are allowed", err)
	}
	return err
}
